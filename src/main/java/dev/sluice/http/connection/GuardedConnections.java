package dev.sluice.http.connection;

import dev.sluice.http.ByteBudget;
import dev.sluice.http.origin.Origins;
import dev.sluice.http.tls.TlsDoor;
import io.helidon.common.buffers.BufferData;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes every connection of a listener a {@link GuardedConnection}. Thread-safe. */
final class GuardedConnections implements ServerConnectionSelector {
  private final Http1ConnectionSelector http1;
  private final StallWatch watch;
  private final ByteBudget budget;
  private final Origins origins;
  private final ConnectionAdmission admission;
  private final @Nullable TlsDoor tls;

  GuardedConnections(
      Http1ConnectionSelector http1,
      StallWatch watch,
      ByteBudget budget,
      Origins origins,
      ConnectionAdmission admission,
      @Nullable TlsDoor tls) {
    this.http1 = http1;
    this.watch = watch;
    this.budget = budget;
    this.origins = origins;
    this.admission = admission;
    this.tls = tls;
  }

  @Override
  public int bytesToIdentifyConnection() {
    return 0;
  }

  /**
   * Accepts everything, as the only selector of its listener: input that is not HTTP gets an answer
   * that says so.
   */
  @Override
  public Support supports(BufferData data) {
    return Support.SUPPORTED;
  }

  @Override
  public Set<String> supportedApplicationProtocols() {
    return http1.supportedApplicationProtocols();
  }

  @Override
  public ServerConnection connection(ConnectionContext ctx) {
    return new GuardedConnection(ctx, http1, watch, budget, origins, admission.isOverfull(), tls);
  }
}
