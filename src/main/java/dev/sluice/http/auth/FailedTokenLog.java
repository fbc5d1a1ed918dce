package dev.sluice.http.auth;

import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts failed tokens, and logs at most once a minute how many there were and where they came
 * from. Thread-safe. A log line has addresses, and names from the tokens file, but nothing that a
 * client has sent.
 */
public final class FailedTokenLog implements FailedTokens {
  private static final Logger LOG = LoggerFactory.getLogger(FailedTokenLog.class);
  private static final Duration BETWEEN_LOGS = Duration.ofMinutes(1);
  private static final int MOST_SENDERS = 10;

  private final Map<Reason, LongAdder> counts = new EnumMap<>(Reason.class);
  private final Map<Reason, Long> logged = new EnumMap<>(Reason.class);
  private final LongSupplier nanoTime;
  private final ReentrantLock listing = new ReentrantLock();
  private final Set<String> senders = new LinkedHashSet<>();
  private volatile boolean listed;
  private long nextNanos;

  /** Creates one that has counted nothing. */
  public FailedTokenLog() {
    this(System::nanoTime);
  }

  FailedTokenLog(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.nextNanos = nanoTime.getAsLong();
    for (Reason reason : Reason.values()) {
      counts.put(reason, new LongAdder());
      logged.put(reason, 0L);
    }
  }

  /** How many requests were refused for this reason. */
  public long count(Reason reason) {
    return counter(reason).sum();
  }

  @Override
  public void failed(Reason reason, @Nullable InetAddress from, String name) {
    counter(reason).increment();
    // Whoever finds the list in use is counted, and that is enough.
    if (!listed && listing.tryLock()) {
      try {
        String address = from == null ? "unknown" : AddressClients.text(from);
        senders.add(name.isEmpty() ? address : address + " (" + name + ")");
        listed = senders.size() > MOST_SENDERS;
      } finally {
        listing.unlock();
      }
    }
  }

  @Override
  public void report() {
    long now = nanoTime.getAsLong();
    if (now - nextNanos < 0) {
      return;
    }
    List<String> parts = new ArrayList<>();
    for (Reason reason : Reason.values()) {
      long count = count(reason);
      long more = count - logged.getOrDefault(reason, 0L);
      logged.put(reason, count);
      if (more > 0) {
        parts.add(more + " " + reason.label());
      }
    }
    if (!parts.isEmpty()) {
      nextNanos = now + BETWEEN_LOGS.toNanos();
      LOG.warn(
          "Requests refused for their token since the last such line: {}; from {}",
          String.join(", ", parts),
          takeSenders());
    }
  }

  private String takeSenders() {
    listing.lock();
    try {
      List<String> first = senders.stream().limit(MOST_SENDERS).toList();
      String text =
          first.isEmpty()
              ? "senders not listed"
              : String.join(", ", first) + (listed ? " and others" : "");
      senders.clear();
      listed = false;
      return text;
    } finally {
      listing.unlock();
    }
  }

  private LongAdder counter(Reason reason) {
    LongAdder counter = counts.get(reason);
    if (counter == null) {
      throw new AssertionError("no counter for " + reason);
    }
    return counter;
  }
}
