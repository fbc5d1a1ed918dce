package dev.sluice.bench;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Ends exchanges that take longer than the timeout: checking all connections every so often costs
 * less than a timer for every read. Runs on its own platform thread.
 */
final class OverdueWatch {
  private static final long LEAST_PAUSE_NANOS = 1_000_000;
  private static final long MOST_PAUSE_NANOS = 500_000_000;

  private final List<Connection> connections;
  private final long pauseNanos;
  private final Thread thread =
      Thread.ofPlatform().daemon().name("overdue-watch").unstarted(this::run);
  private volatile boolean stopped;

  OverdueWatch(List<Connection> connections, Duration timeout) {
    this.connections = connections;
    this.pauseNanos =
        Math.max(LEAST_PAUSE_NANOS, Math.min(MOST_PAUSE_NANOS, timeout.toNanos() / 10));
  }

  void start() {
    thread.start();
  }

  private void run() {
    while (!stopped) {
      long now = System.nanoTime();
      for (Connection connection : connections) {
        connection.closeIfOverdue(now);
      }
      LockSupport.parkNanos(pauseNanos);
    }
  }

  void stop() {
    stopped = true;
    LockSupport.unpark(thread);
  }
}
