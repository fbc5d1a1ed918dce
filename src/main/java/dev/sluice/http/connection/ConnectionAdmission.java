package dev.sluice.http.connection;

import dev.sluice.http.AddressKey;
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
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Limits how many connections one listener lets in, in all and from one address. The server asks
 * for a socket's options on the accepting thread, before it does anything else with the socket, and
 * closes a socket whose options cannot be set. So this is where excess connections are turned away,
 * at the cost of one open file for a moment, and without the accepting thread ever waiting. (The
 * server's own limit stops accepting, and a client then waits for an answer that does not come.) A
 * few connections beyond the limit are let in to get a full answer; the others get a fixed 503, if
 * it can be sent without waiting, and nothing at all if their port speaks TLS.
 *
 * <p>Loopback addresses have no limit of their own: a proxy on this machine stands for many. What
 * is kept of an address are its connections, so that is no more than there are connections; closed
 * ones are forgotten when a limit is reached.
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

  /** By {@link AddressKey}; without empty lists. */
  private final Map<Long, List<SocketChannel>> sockets = new HashMap<>();

  private final ConnectionLimits limits;
  private final boolean encrypted;
  private int count;
  private volatile int open;
  private final AtomicLong accepted = new AtomicLong();

  /**
   * @param encrypted whether clients expect a handshake first
   */
  ConnectionAdmission(ConnectionLimits limits, boolean encrypted) {
    this.limits = limits;
    this.encrypted = encrypted;
  }

  /** Whether more connections are open than the limit allows. */
  boolean isOverfull() {
    return open > limits.most();
  }

  @Override
  public long accepted() {
    return accepted.get();
  }

  @Override
  public void configureSocket(SocketChannel socket) {
    accepted.incrementAndGet();
    if (count >= limits.most()) {
      forgetClosed();
    }
    if (count >= limits.most() + TOLD_IN_FULL) {
      open = count;
      turnAway(socket);
      throw new UncheckedIOException(new IOException("too many connections"));
    }
    InetAddress address = address(socket);
    long key = address == null ? 0 : AddressKey.of(address);
    if (isLimited(address) && ofAddress(key) >= limits.perAddress()) {
      limits.refused().add();
      turnAway(socket);
      throw new UncheckedIOException(new IOException("too many connections from " + address));
    }
    sockets.computeIfAbsent(key, none -> new ArrayList<>(1)).add(socket);
    count++;
    open = count;
    options.configureSocket(socket);
  }

  private boolean isLimited(@Nullable InetAddress address) {
    return limits.perAddress() > 0 && address != null && !address.isLoopbackAddress();
  }

  /** Open connections of an address; exact only from the limit on. */
  private int ofAddress(long key) {
    List<SocketChannel> same = sockets.getOrDefault(key, List.of());
    return same.size() < limits.perAddress() ? same.size() : forgetClosed(same);
  }

  private void forgetClosed() {
    for (Iterator<List<SocketChannel>> each = sockets.values().iterator(); each.hasNext(); ) {
      if (forgetClosed(each.next()) == 0) {
        each.remove();
      }
    }
  }

  /** Returns how many are left. */
  private int forgetClosed(List<SocketChannel> some) {
    int before = some.size();
    some.removeIf(socket -> !socket.isOpen());
    count -= before - some.size();
    return some.size();
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
