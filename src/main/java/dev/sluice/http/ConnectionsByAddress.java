package dev.sluice.http;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * How many connections each address has to the ports that share this count, and that it gets no
 * more than allowed. An address is what {@link AddressKey} says. Loopback addresses have no limit:
 * a proxy on this machine stands for many.
 *
 * <p>A connection counts until it is closed, however that came about, so nobody has to say so:
 * closed ones are forgotten when their address has too many, and all of them whenever as many have
 * come as were open before. Thread-safe; its lock is held for a moment.
 */
public final class ConnectionsByAddress {
  private static final int FIRST_SWEEP = 1_024;

  /** Told of each connection that is turned away. */
  @FunctionalInterface
  public interface Refused {
    void add();
  }

  /** A connection that was let in. */
  @FunctionalInterface
  public interface Connection {
    boolean isOpen();
  }

  private final int most;
  private final Refused refused;
  private final ReentrantLock lock = new ReentrantLock();

  /** By {@link AddressKey}; without empty lists. Guarded by the lock, as is what follows. */
  private final Map<Long, List<Connection>> connections = new HashMap<>();

  private int count;
  private int sweepAt = FIRST_SWEEP;

  /**
   * @param most connections of one address; 0 is no limit
   * @param refused told of each connection that is turned away
   */
  public ConnectionsByAddress(int most, Refused refused) {
    this.most = most;
    this.refused = refused;
  }

  /** A count that turns nobody away. */
  public static ConnectionsByAddress unlimited() {
    return new ConnectionsByAddress(0, () -> {});
  }

  /**
   * Counts one more connection, if its address may have it.
   *
   * @param address null if it is not known: then it is not counted
   * @return whether it may stay; if not, the caller closes it
   */
  public boolean tryAdd(@Nullable InetAddress address, Connection connection) {
    if (most == 0 || address == null || address.isLoopbackAddress()) {
      return true;
    }
    lock.lock();
    try {
      if (count >= sweepAt) {
        sweepLocked();
      }
      if (addLocked(AddressKey.of(address), connection)) {
        return true;
      }
    } finally {
      lock.unlock();
    }
    refused.add();
    return false;
  }

  private boolean addLocked(long key, Connection connection) {
    List<Connection> same = connections.computeIfAbsent(key, none -> new ArrayList<>(1));
    if (same.size() >= most) {
      forgetClosedLocked(same);
    }
    if (same.size() >= most) {
      return false;
    }
    same.add(connection);
    count++;
    return true;
  }

  private void sweepLocked() {
    connections
        .values()
        .removeIf(same -> {
          forgetClosedLocked(same);
          return same.isEmpty();
        });
    sweepAt = Math.max(FIRST_SWEEP, 2 * count);
  }

  private void forgetClosedLocked(List<Connection> some) {
    int before = some.size();
    some.removeIf(connection -> !connection.isOpen());
    count -= before - some.size();
  }

  /** Connections that it keeps, closed ones among them. */
  int kept() {
    lock.lock();
    try {
      return count;
    } finally {
      lock.unlock();
    }
  }
}
