package dev.sluice.journal.disk;

import java.io.IOException;
import java.util.concurrent.locks.LockSupport;

/**
 * What the sync thread does under {@code os}: makes the log durable every interval, apart from the
 * writer so that a slow disk does not hold up appends. Between a write and the start of its sync
 * lies at most one interval. A failed sync fails the journal.
 */
final class SyncLoop implements Runnable {
  private final Segments segments;
  private final long intervalNanos;
  private final Failure failure;
  private final AppendLoop appends;
  private volatile boolean stopping;

  SyncLoop(Segments segments, long intervalNanos, Failure failure, AppendLoop appends) {
    this.segments = segments;
    this.intervalNanos = intervalNanos;
    this.failure = failure;
    this.appends = appends;
  }

  /** Ends the loop; the caller wakes its thread and does the last sync. */
  void stop() {
    stopping = true;
  }

  @Override
  public void run() {
    try {
      long started = System.nanoTime();
      while (!stopping) {
        LockSupport.parkNanos(this, started + intervalNanos - System.nanoTime());
        started = System.nanoTime();
        segments.sync();
      }
    } catch (IOException | RuntimeException | Error e) {
      failure.fail(e);
      appends.wake();
    }
  }
}
