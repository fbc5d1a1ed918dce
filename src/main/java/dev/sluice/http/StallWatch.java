package dev.sluice.http;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Closes connections that leave a request, or a large answer, unfinished for too long. One platform
 * thread looks at those that are waiting in the middle of one, and only at those; idle ones are
 * never here.
 */
public final class StallWatch implements AutoCloseable {
  private static final long LONGEST_TICK_MS = 1_000;

  private final Set<GuardedConnection> waiting = ConcurrentHashMap.newKeySet();
  private final LongAdder closed = new LongAdder();
  private final Duration timeout;
  private final Thread thread;
  private volatile boolean stopped;

  /**
   * A watch that does not look yet.
   *
   * @param timeout most time from the first wait for the rest of a request to its last byte
   */
  public StallWatch(Duration timeout) {
    if (timeout.isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException("timeout is " + timeout + ", allowed is anything above 0");
    }
    this.timeout = timeout;
    this.thread = Thread.ofPlatform().daemon().name("stall-watch").unstarted(this::run);
  }

  /** Starts looking. */
  public void start() {
    thread.start();
  }

  @Override
  public void close() {
    stopped = true;
    thread.interrupt();
  }

  /** Connections closed because they stalled. */
  public long closedConnections() {
    return closed.sum();
  }

  Duration timeout() {
    return timeout;
  }

  void add(GuardedConnection connection) {
    waiting.add(connection);
  }

  void remove(GuardedConnection connection) {
    waiting.remove(connection);
  }

  private void run() {
    long tickMs = Math.clamp(timeout.toMillis() / 4, 1, LONGEST_TICK_MS);
    while (!stopped) {
      try {
        Thread.sleep(tickMs);
      } catch (InterruptedException e) {
        continue;
      }
      long now = System.nanoTime();
      for (GuardedConnection connection : waiting) {
        if (connection.isOverdue(now) && connection.abort()) {
          closed.increment();
        }
      }
    }
  }
}
