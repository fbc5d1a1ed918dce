package dev.sluice.http.connection;

import dev.sluice.http.ConnectionsByAddress;
import dev.sluice.http.proxy.Proxies;
import io.helidon.common.socket.SocketOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
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
import org.jspecify.annotations.Nullable;

/**
 * Limits how many connections one listener lets in, in all, and from one address together with
 * other listeners. The server asks for a socket's options on the accepting thread, before it does
 * anything else with the socket, and closes a socket whose options cannot be set. So this is where
 * excess connections are turned away, at the cost of one open file for a moment, and without the
 * accepting thread ever waiting. (The server's own limit stops accepting, and a client then waits
 * for an answer that does not come.) A few connections beyond the limit are let in to get a full
 * answer; the others get a fixed 503, if it can be sent without waiting, and nothing at all if
 * their port speaks TLS.
 *
 * <p>Closed connections are forgotten when the limit is reached.
 *
 * <p>Who is behind a proxy is known only after its first words. So a proxy's connections have no
 * limit of its address, and {@link #enter} counts them for the client.
 *
 * <p>{@link #configureSocket} runs only on the accepting thread; everything else may be called from
 * any thread.
 */
final class ConnectionAdmission implements SocketOptions, AcceptCount {
  private static final int TOLD_IN_FULL = 64;

  /** The whole answer to a connection that is not let in. */
  static final byte[] NOT_NOW =
      ("HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 10\r\n"
              + "Connection: close\r\nContent-Length: 87\r\n\r\n"
              + "{\"code\":\"unavailable\",\"message\":\"too many connections\","
              + "\"error\":\"too many connections\"}\n")
          .getBytes(StandardCharsets.US_ASCII);

  private final SocketOptions options =
      SocketOptions.builder().tcpNoDelay(true).socketReuseAddress(true).build();

  private final List<SocketChannel> sockets = new ArrayList<>();
  private final ConnectionLimits limits;
  private final Proxies proxies;
  private final boolean encrypted;
  private volatile int open;
  private final AtomicLong accepted = new AtomicLong();

  /**
   * @param encrypted whether clients expect a handshake first
   */
  ConnectionAdmission(ConnectionLimits limits, Proxies proxies, boolean encrypted) {
    this.limits = limits;
    this.proxies = proxies;
    this.encrypted = encrypted;
  }

  /** Whether more connections are open than the limit allows. */
  boolean isOverfull() {
    return open > limits.most();
  }

  /** Counts a connection that a proxy passes on, unless its client has as many as it may. */
  boolean enter(InetAddress client, ConnectionsByAddress.Connection connection) {
    return limits.addresses().tryAdd(client, connection);
  }

  @Override
  public long accepted() {
    return accepted.get();
  }

  @Override
  public void configureSocket(SocketChannel socket) {
    accepted.incrementAndGet();
    if (sockets.size() >= limits.most()) {
      sockets.removeIf(one -> !one.isOpen());
    }
    if (sockets.size() >= limits.most() + TOLD_IN_FULL) {
      open = sockets.size();
      turnAway(socket);
      throw new UncheckedIOException(new IOException("too many connections"));
    }
    InetAddress address = address(socket);
    if (!proxies.believes(address) && !limits.addresses().tryAdd(address, socket::isOpen)) {
      turnAway(socket);
      throw new UncheckedIOException(new IOException("too many connections from " + address));
    }
    sockets.add(socket);
    open = sockets.size();
    options.configureSocket(socket);
  }

  /** Null if the other side has gone already. */
  private static @Nullable InetAddress address(SocketChannel socket) {
    try {
      return socket.getRemoteAddress() instanceof InetSocketAddress other
          ? other.getAddress()
          : null;
    } catch (IOException e) {
      return null;
    }
  }

  private void turnAway(SocketChannel socket) {
    if (encrypted) {
      return;
    }
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
