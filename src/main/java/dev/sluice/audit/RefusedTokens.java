package dev.sluice.audit;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Counts refused tokens, and passes them on at most once a minute however many there are: the first
 * at once, the others together when the minute is over. Thread-safe; a virtual thread waits for
 * that.
 */
final class RefusedTokens implements AutoCloseable {
  private static final int MOST_NAMED = 8;
  private static final String OTHERS = "others";

  /** Takes a line's worth of them. */
  @FunctionalInterface
  interface Log {
    void refused(long requests, Map<String, Long> byAddress, Map<String, Long> byName);
  }

  private final Log log;
  private final Duration between;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Long> byAddress = new LinkedHashMap<>();
  private final Map<String, Long> byName = new LinkedHashMap<>();
  private long requests;
  private long dueNanos = System.nanoTime();
  private @Nullable Thread waiting;
  private boolean closed;

  RefusedTokens(Log log, Duration between) {
    this.log = log;
    this.between = between;
  }

  /**
   * Counts one more.
   *
   * @param name that the tokens file has for it; empty if it has none
   */
  void add(String address, String name) {
    lock.lock();
    try {
      requests++;
      count(byAddress, address);
      if (!name.isEmpty()) {
        count(byName, name);
      }
      if (closed || waiting != null) {
        return;
      }
      long wait = dueNanos - System.nanoTime();
      if (wait <= 0) {
        passOnLocked();
      } else {
        waiting = Thread.ofVirtual().name("refused tokens").start(() -> passOnAfter(wait));
      }
    } finally {
      lock.unlock();
    }
  }

  private static void count(Map<String, Long> by, String key) {
    boolean room = by.size() < MOST_NAMED || by.containsKey(key);
    by.merge(room ? key : OTHERS, 1L, Long::sum);
  }

  /** Passes on what is left. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      if (waiting != null) {
        waiting.interrupt();
      }
      passOnLocked();
    } finally {
      lock.unlock();
    }
  }

  private void passOnAfter(long nanos) {
    try {
      Thread.sleep(Duration.ofNanos(nanos));
    } catch (InterruptedException e) {
      return; // closed, which passes them on
    }
    lock.lock();
    try {
      waiting = null;
      passOnLocked();
    } finally {
      lock.unlock();
    }
  }

  private void passOnLocked() {
    if (requests == 0) {
      return;
    }
    log.refused(requests, Map.copyOf(byAddress), Map.copyOf(byName));
    requests = 0;
    byAddress.clear();
    byName.clear();
    dueNanos = System.nanoTime() + between.toNanos();
  }
}
