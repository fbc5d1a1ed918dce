package dev.sluice.http;

import io.helidon.http.DirectHandler;
import io.helidon.http.Headers;
import io.helidon.http.HttpPrologue;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerConfig;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionListener;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import java.time.Duration;

/** Settings that every listener of this process shares. */
public final class Listeners {
  /** Pending connections; the kernel caps it at net.core.somaxconn. */
  private static final int BACKLOG = 4096;

  /** A backstop only, far above what sensors on one box need: ingest refuses by bytes. */
  private static final int MOST_CONNECTIONS = 100_000;

  private static final int MOST_READ_PAST = 4;
  private static final int MOST_REQUEST_LINE_BYTES = 8 * 1024;
  private static final int MOST_HEADER_BYTES = 16 * 1024;
  private static final Duration IDLE_TIMEOUT = Duration.ofMinutes(5);
  private static final Duration IDLE_CHECK = Duration.ofSeconds(30);

  private Listeners() {}

  /**
   * Applies them.
   *
   * @param maxBodyBytes most bytes of a body that routes take; they refuse more in their own words,
   *     and the rest is read past so that the connection can be kept, up to {@value
   *     #MOST_READ_PAST} times this size
   * @param watch ends stalled requests; the caller starts and closes it
   * @param budget what buffered bodies are claimed from
   */
  public static void configure(
      ListenerConfig.BuilderBase<?, ?> listener,
      String host,
      int port,
      int maxBodyBytes,
      StallWatch watch,
      ByteBudget budget) {
    listener
        .host(host)
        .port(port)
        .backlog(BACKLOG)
        // A channel's connection keeps two buffers of 8 KiB, a socket's one, at the same speed.
        .useNio(false)
        .maxTcpConnections(MOST_CONNECTIONS)
        .maxPayloadSize((long) MOST_READ_PAST * maxBodyBytes)
        .idleConnectionTimeout(IDLE_TIMEOUT)
        .idleConnectionPeriod(IDLE_CHECK)
        .connectionOptions(options -> options.tcpNoDelay(true).socketReuseAddress(true))
        .contentEncoding(new AsSent())
        .directHandlers(everywhere(new UnroutedAnswer()))
        .protocolsDiscoverServices(false)
        .addConnectionSelector(new GuardedConnections(http1(), watch, budget));
  }

  private static Http1ConnectionSelector http1() {
    Http1Config config =
        Http1Config.builder()
            .maxPrologueLength(MOST_REQUEST_LINE_BYTES)
            .maxHeadersSize(MOST_HEADER_BYTES)
            .sendKeepAliveHeader(false)
            .addReceiveListener(new RequestListener())
            .addSendListener(new AnswerListener())
            .build();
    return Http1ConnectionSelector.builder().config(config).build();
  }

  /** Tells a connection about its requests. */
  private static final class RequestListener implements Http1ConnectionListener {
    @Override
    public void prologue(ConnectionContext ctx, HttpPrologue prologue) {
      ((GuardedConnection) ctx).requestStarts();
    }

    @Override
    public void headers(ConnectionContext ctx, Headers headers) {
      ((GuardedConnection) ctx).requestHeaders(headers);
    }
  }

  /** Tells a connection about its answers. */
  private static final class AnswerListener implements Http1ConnectionListener {
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
