package dev.sluice.http.proxy;

import dev.sluice.http.auth.AddressRange;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The proxies whose word is taken for who is at the other end of a connection, and a count of what
 * they said. All others are taken for the sender themselves. Thread-safe.
 */
public final class Proxies {
  private static final Logger LOG = LoggerFactory.getLogger(Proxies.class);
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final long BETWEEN_LOGS_NANOS = Duration.ofMinutes(1).toNanos();

  private final List<AddressRange> from;
  private final Duration patience;
  private final LongAdder accepted = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final AtomicLong nextLogNanos = new AtomicLong(System.nanoTime());

  /** Believes proxies with these addresses; none without any. */
  public Proxies(List<AddressRange> from) {
    this(from, PATIENCE);
  }

  /**
   * Likewise.
   *
   * @param patience how long a connection from a proxy may take to say who it is for
   */
  public Proxies(List<AddressRange> from, Duration patience) {
    this.from = List.copyOf(from);
    this.patience = patience;
  }

  /** Believes nobody. */
  public static Proxies none() {
    return new Proxies(List.of());
  }

  /**
   * Whether a connection from here must begin with a PROXY header.
   *
   * @param address null if the connection is gone
   */
  public boolean believes(@Nullable InetAddress address) {
    if (address == null) {
      return false;
    }
    for (AddressRange range : from) {
      if (range.holds(address)) {
        return true;
      }
    }
    return false;
  }

  /** How long a connection from a proxy may take to say who it is for. */
  public Duration patience() {
    return patience;
  }

  /** Counts a header that was believed. */
  public void accept() {
    accepted.increment();
  }

  /** Counts a connection without a usable header, and logs one a minute. */
  public void refuse(@Nullable InetAddress proxy, String reason) {
    refused.increment();
    long now = System.nanoTime();
    long next = nextLogNanos.get();
    if (now - next >= 0 && nextLogNanos.compareAndSet(next, now + BETWEEN_LOGS_NANOS)) {
      LOG.warn(
          "Closed a connection from {}, which http.proxy-protocol-from names: {}; {} such so far",
          proxy == null ? "unknown" : proxy.getHostAddress(),
          reason,
          refused.sum());
    }
  }

  /** Headers that were believed so far. */
  public long accepted() {
    return accepted.sum();
  }

  /** Connections from proxies so far that had no usable header. */
  public long refused() {
    return refused.sum();
  }
}
