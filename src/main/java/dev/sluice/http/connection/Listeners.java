package dev.sluice.http.connection;

import dev.sluice.http.ByteBudget;
import dev.sluice.http.origin.Origins;
import dev.sluice.http.tls.TlsDoor;
import io.helidon.http.DirectHandler;
import io.helidon.http.Headers;
import io.helidon.http.Status;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerConfig;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionListener;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Settings shared by all listeners of this process. */
public final class Listeners {
  private static final int MOST_READ_PAST = 4;
  private static final Duration IDLE_TIMEOUT = Duration.ofMinutes(5);
  private static final Duration IDLE_CHECK = Duration.ofSeconds(30);

  private Listeners() {}

  /**
   * Applies the shared settings to a listener.
   *
   * @param backlog most connections that may wait to be accepted; the kernel caps it at
   *     net.core.somaxconn
   * @param maxBodyBytes largest body that routes accept, in bytes. They refuse larger ones
   *     themselves; up to {@value #MOST_READ_PAST} times this size is read and discarded after a
   *     "not now", so that the connection can be kept
   * @param limits how many connections are let in
   * @param watch ends stalled requests and answers; the caller starts and closes it
   * @param budget where connections claim memory for unfinished requests and large answers
   * @param origins judges where requests come from
   * @param tls encrypts every connection; null for plain text
   * @return how many connections the listener has accepted
   */
  public static AcceptCount configure(
      ListenerConfig.BuilderBase<?, ?> listener,
      String host,
      int port,
      int backlog,
      int maxBodyBytes,
      ConnectionLimits limits,
      StallWatch watch,
      ByteBudget budget,
      Origins origins,
      @Nullable TlsDoor tls) {
    ConnectionAdmission admission = new ConnectionAdmission(limits, tls != null);
    listener
        .host(host)
        .port(port)
        .backlog(backlog)
        // A channel's connection keeps two buffers of 8 KiB, a socket's only one, at the same
        // speed.
        .useNio(false)
        .maxPayloadSize((long) MOST_READ_PAST * maxBodyBytes)
        .idleConnectionTimeout(IDLE_TIMEOUT)
        .idleConnectionPeriod(IDLE_CHECK)
        .connectionOptions(admission)
        .contentEncoding(new AsSent())
        .directHandlers(everywhere(new UnroutedAnswer()))
        .protocolsDiscoverServices(false)
        .addConnectionSelector(
            new GuardedConnections(http1(), watch, budget, origins, admission, tls));
    return admission;
  }

  /** The server's own limits and checks are relaxed: those of {@link RequestHead} come first. */
  private static Http1ConnectionSelector http1() {
    Http1Config config =
        Http1Config.builder()
            .maxPrologueLength(2 * RequestHead.MOST_BYTES)
            .maxHeadersSize(2 * RequestHead.MOST_BYTES)
            .validateRequestHeaders(false)
            .sendKeepAliveHeader(false)
            .addSendListener(new AnswerListener())
            .build();
    return Http1ConnectionSelector.builder().config(config).build();
  }

  /** Passes the events of an answer on to its connection. */
  private static final class AnswerListener implements Http1ConnectionListener {
    @Override
    public void status(ConnectionContext ctx, Status status) {
      ((GuardedConnection) ctx).answerStatus(status);
    }

    @Override
    public void headers(ConnectionContext ctx, Headers headers) {
      ((GuardedConnection) ctx).answerHeaders(headers);
    }
  }

  private static DirectHandlers everywhere(DirectHandler handler) {
    DirectHandlers.Builder handlers = DirectHandlers.builder();
    for (DirectHandler.EventType type : DirectHandler.EventType.values()) {
      handlers.addHandler(type, handler);
    }
    return handlers.build();
  }
}
