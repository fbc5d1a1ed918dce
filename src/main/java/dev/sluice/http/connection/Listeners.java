package dev.sluice.http.connection;

import dev.sluice.http.ByteBudget;
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
import java.util.function.LongSupplier;

/** Settings that every listener of this process shares. */
public final class Listeners {
  /** Pending connections; the kernel caps it at net.core.somaxconn. */
  private static final int BACKLOG = 4096;

  private static final int MOST_READ_PAST = 4;
  private static final Duration IDLE_TIMEOUT = Duration.ofMinutes(5);
  private static final Duration IDLE_CHECK = Duration.ofSeconds(30);

  private Listeners() {}

  /**
   * Applies them.
   *
   * @param maxBodyBytes most bytes of a body that routes take; they refuse more in their own words,
   *     and up to {@value #MOST_READ_PAST} times this size is read past after a "not now", so that
   *     the connection can be kept
   * @param mostConnections beyond it connections are told to come again, and closed
   * @param watch ends stalled requests and answers; the caller starts and closes it
   * @param budget what connections hold of unfinished requests and large answers is claimed from
   * @return how many connections the listener has accepted so far
   */
  public static LongSupplier configure(
      ListenerConfig.BuilderBase<?, ?> listener,
      String host,
      int port,
      int maxBodyBytes,
      int mostConnections,
      StallWatch watch,
      ByteBudget budget) {
    Admission admission = new Admission(mostConnections);
    listener
        .host(host)
        .port(port)
        .backlog(BACKLOG)
        // A channel's connection keeps two buffers of 8 KiB, a socket's one, at the same speed.
        .useNio(false)
        .maxPayloadSize((long) MOST_READ_PAST * maxBodyBytes)
        .idleConnectionTimeout(IDLE_TIMEOUT)
        .idleConnectionPeriod(IDLE_CHECK)
        .connectionOptions(admission)
        .contentEncoding(new AsSent())
        .directHandlers(everywhere(new UnroutedAnswer()))
        .protocolsDiscoverServices(false)
        .addConnectionSelector(new GuardedConnections(http1(), watch, budget, admission));
    return admission::accepted;
  }

  /** The server's own limits and checks are behind those of {@link RequestHead}. */
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

  /** Tells a connection about its answers. */
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
