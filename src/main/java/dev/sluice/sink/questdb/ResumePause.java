package dev.sluice.sink.questdb;

import java.util.concurrent.TimeUnit;

/**
 * How long to wait before a suspended table is resumed again: at once at first, then a second,
 * doubling to a minute, until it has been seen healthy. Confined to one thread.
 */
final class ResumePause {
  private static final long MIN_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long MAX_NANOS = TimeUnit.MINUTES.toNanos(1);

  private long pauseNanos;
  private long notBeforeNanos;

  /** Whether a resume is due at this reading of {@link System#nanoTime()}; counts it as done. */
  boolean due(long nowNanos) {
    if (pauseNanos > 0 && nowNanos - notBeforeNanos < 0) {
      return false;
    }
    pauseNanos = Math.clamp(pauseNanos * 2, MIN_NANOS, MAX_NANOS);
    notBeforeNanos = nowNanos + pauseNanos;
    return true;
  }

  void healthy() {
    pauseNanos = 0;
  }
}
