package dev.sluice.http.connection;

import io.helidon.common.socket.SocketOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Limits how many connections one listener lets in. The server asks for a socket's options on the
 * accepting thread, before it does anything else with the socket, and closes a socket whose options
 * cannot be set. So this is where excess connections are turned away, at the cost of one open file
 * for a moment, and without the accepting thread ever waiting. (The server's own limit stops
 * accepting, and a client then waits for an answer that does not come.) A few connections beyond
 * the limit are let in to get a full answer; the others get a fixed 503, if it can be sent without
 * waiting.
 *
 * <p>{@link #configureSocket} runs only on the accepting thread; everything else may be called from
 * any thread.
 */
final class ConnectionAdmission implements SocketOptions, AcceptCount {
  private static final int TOLD_IN_FULL = 64;
  private static final byte[] NOT_NOW =
      ("HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 10\r\n"
              + "Connection: close\r\nContent-Length: 87\r\n\r\n"
              + "{\"code\":\"unavailable\",\"message\":\"too many connections\","
              + "\"error\":\"too many connections\"}\n")
          .getBytes(StandardCharsets.US_ASCII);

  private final SocketOptions options =
      SocketOptions.builder().tcpNoDelay(true).socketReuseAddress(true).build();
  private final List<SocketChannel> sockets = new ArrayList<>();
  private final int most;
  private volatile int open;
  private final AtomicLong accepted = new AtomicLong();

  /**
   * @param most maximum number of connections at the same time, at least 1
   */
  ConnectionAdmission(int most) {
    this.most = most;
  }

  /** Whether more connections are open than the limit allows. */
  boolean isOverfull() {
    return open > most;
  }

  @Override
  public long accepted() {
    return accepted.get();
  }

  @Override
  public void configureSocket(SocketChannel socket) {
    accepted.incrementAndGet();
    if (sockets.size() >= most) {
      sockets.removeIf(other -> !other.isOpen());
    }
    if (sockets.size() >= most + TOLD_IN_FULL) {
      open = sockets.size();
      turnAway(socket);
      throw new UncheckedIOException(new IOException("too many connections"));
    }
    sockets.add(socket);
    open = sockets.size();
    options.configureSocket(socket);
  }

  private static void turnAway(SocketChannel socket) {
    try {
      socket.configureBlocking(false);
      socket.write(ByteBuffer.wrap(NOT_NOW));
    } catch (IOException e) {
      // The client has already gone.
    }
  }

  @Override
  public Map<SocketOption<?>, Object> socketOptions() {
    return options.socketOptions();
  }

  @Override
  public Duration connectTimeout() {
    return options.connectTimeout();
  }

  @Override
  public Duration readTimeout() {
    return options.readTimeout();
  }

  @Override
  public Optional<Integer> socketReceiveBufferSize() {
    return options.socketReceiveBufferSize();
  }

  @Override
  public Optional<Integer> socketSendBufferSize() {
    return options.socketSendBufferSize();
  }

  @Override
  public boolean socketReuseAddress() {
    return options.socketReuseAddress();
  }

  @Override
  public boolean socketKeepAlive() {
    return options.socketKeepAlive();
  }

  @Override
  public boolean tcpNoDelay() {
    return options.tcpNoDelay();
  }
}
