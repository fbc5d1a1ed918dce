package dev.sluice.http.connection;

import dev.sluice.http.ByteBudget;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Closes connections that leave a request or an answer unfinished: for longer than the timeout in
 * total, or by moving fewer bytes than the minimum rate once a grace period is over. While memory
 * is short, the grace period is a tenth and the rate sixteen times as high, so that memory comes
 * back within a second or two from those that make no use of it. One platform thread checks the
 * state of every connection. An idle connection has no state to check; one that is not idle pays
 * with a few writes to its own fields.
 */
public final class StallWatch implements AutoCloseable {
  private static final long LONGEST_TICK_MS = 1_000;
  private static final Duration LONGEST_GRACE = Duration.ofSeconds(10);
  private static final long USUAL_RATE = 1024;
  private static final int SHORT_FACTOR = 16;

  private final Set<GuardedConnection> connections = ConcurrentHashMap.newKeySet();
  private final LongAdder closed = new LongAdder();
  private final Duration timeout;
  private final long graceNanos;
  private final long minRate;
  private final List<ByteBudget> budgets;
  private final Thread thread;
  private volatile boolean stopped;

  /**
   * Creates a watch that is not started, with the usual minimum rate, and never short of memory.
   */
  public StallWatch(Duration timeout) {
    this(timeout, USUAL_RATE, List.of());
  }

  /**
   * Creates a watch that is not started.
   *
   * @param timeout maximum time from the first wait for the rest of a request to its last byte; an
   *     answer gets as much again for every MiB of it
   * @param minRate minimum bytes per second, in either direction, after a grace period of ten
   *     seconds, or of the timeout if that is shorter
   * @param budgets where requests and answers claim memory; limits are tighter while one is short
   */
  public StallWatch(Duration timeout, long minRate, List<ByteBudget> budgets) {
    if (timeout.isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException("timeout is " + timeout + ", allowed is anything above 0");
    }
    this.timeout = timeout;
    this.graceNanos = Math.min(LONGEST_GRACE.toNanos(), timeout.toNanos());
    this.minRate = minRate;
    this.budgets = List.copyOf(budgets);
    this.thread = Thread.ofPlatform().daemon().name("stall-watch").unstarted(this::run);
  }

  /** Starts the watch. */
  public void start() {
    thread.start();
  }

  @Override
  public void close() {
    stopped = true;
    thread.interrupt();
  }

  /** Number of connections closed because they stalled. */
  public long closedConnections() {
    return closed.sum();
  }

  void add(GuardedConnection connection) {
    connections.add(connection);
  }

  void remove(GuardedConnection connection) {
    connections.remove(connection);
  }

  private void run() {
    long tickMs = Math.clamp(timeout.toMillis() / 4, 1, LONGEST_TICK_MS);
    while (!stopped) {
      try {
        Thread.sleep(tickMs);
      } catch (InterruptedException e) {
        continue;
      }
      look(System.nanoTime());
    }
  }

  private void look(long now) {
    boolean isShort = isShort();
    long grace = isShort ? graceNanos / 10 : graceNanos;
    long rate = isShort ? minRate * SHORT_FACTOR : minRate;
    for (GuardedConnection connection : connections) {
      if (connection.isOverdue(now, timeout.toNanos(), grace, rate) && connection.abort()) {
        closed.increment();
      }
    }
  }

  private boolean isShort() {
    for (ByteBudget budget : budgets) {
      if (budget.isShort()) {
        return true;
      }
    }
    return false;
  }
}
