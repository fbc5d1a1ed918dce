package dev.sluice.store.questdb;

import java.util.concurrent.TimeUnit;

/**
 * How long to wait before resuming a suspended table again: not at all at first, then a second,
 * doubling to a minute, until something after the suspension has been applied. A table just resumed
 * does not look suspended for a moment, even if it is about to be suspended again, so only progress
 * resets the pause. Confined to one thread.
 */
public final class ResumePause {
  private static final long MIN_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long MAX_NANOS = TimeUnit.MINUTES.toNanos(1);

  private long pauseNanos;
  private long notBeforeNanos;
  private long suspendedBehind;

  /**
   * Whether a resume is due; counts it as done.
   *
   * @param nowNanos value of {@link System#nanoTime()}
   * @param applied last transaction applied
   */
  public boolean due(long nowNanos, long applied) {
    healthy(applied);
    if (pauseNanos > 0 && nowNanos - notBeforeNanos < 0) {
      return false;
    }
    pauseNanos = Math.clamp(pauseNanos * 2, MIN_NANOS, MAX_NANOS);
    notBeforeNanos = nowNanos + pauseNanos;
    suspendedBehind = applied;
    return true;
  }

  /**
   * Records that the table is not suspended now; resets the pause if it has made progress.
   *
   * @param applied last transaction applied
   */
  public void healthy(long applied) {
    if (applied != suspendedBehind) {
      pauseNanos = 0;
    }
  }
}
