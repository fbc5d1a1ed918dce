package dev.sluice.http.connection;

import io.helidon.common.buffers.BufferData;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.util.Set;

/** Makes every connection of a listener a {@link GuardedConnection}. Thread-safe. */
final class GuardedConnections implements ServerConnectionSelector {
  private final Http1ConnectionSelector http1;
  private final ConnectionRules rules;
  private final ConnectionAdmission admission;

  GuardedConnections(
      Http1ConnectionSelector http1, ConnectionRules rules, ConnectionAdmission admission) {
    this.http1 = http1;
    this.rules = rules;
    this.admission = admission;
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
    return new GuardedConnection(ctx, http1, rules, admission);
  }
}
