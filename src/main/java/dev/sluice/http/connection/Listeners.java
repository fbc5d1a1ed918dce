package dev.sluice.http.connection;

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

/** Settings shared by all listeners of this process. */
public final class Listeners {
  private static final int MOST_READ_PAST = 4;
  private static final Duration IDLE_TIMEOUT = Duration.ofMinutes(5);
  private static final Duration IDLE_CHECK = Duration.ofSeconds(30);

  private Listeners() {}

  /**
   * Applies the shared settings to a listener. Of a body that is larger than the rules allow, up to
   * {@value #MOST_READ_PAST} times as much is read and discarded after a "not now", so that the
   * connection can be kept.
   *
   * @return how many connections the listener has accepted
   */
  public static AcceptCount configure(
      ListenerConfig.BuilderBase<?, ?> listener, ListenAddress address, ConnectionRules rules) {
    ConnectionAdmission admission =
        new ConnectionAdmission(rules.limits(), rules.proxies(), rules.tls() != null);
    listener
        .host(address.host())
        .port(address.port())
        .backlog(address.backlog())
        // A channel's connection keeps two buffers of 8 KiB, a socket's only one, at the same
        // speed.
        .useNio(false)
        .maxPayloadSize((long) MOST_READ_PAST * rules.maxBodyBytes())
        .idleConnectionTimeout(IDLE_TIMEOUT)
        .idleConnectionPeriod(IDLE_CHECK)
        .connectionOptions(admission)
        .contentEncoding(new AsSent())
        .directHandlers(everywhere(new UnroutedAnswer()))
        .protocolsDiscoverServices(false)
        .addConnectionSelector(new GuardedConnections(http1(), rules, admission));
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
