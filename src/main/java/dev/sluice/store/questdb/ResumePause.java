package dev.sluice.store.questdb;

import java.util.concurrent.TimeUnit;

/**
 * How long to wait before a suspended table is resumed again: at once at first, then a second,
 * doubling to a minute, until something behind the suspension has been applied. A table that is
 * resumed is not suspended for a moment, whatever becomes of it. Confined to one thread.
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
   * @param nowNanos reading of {@link System#nanoTime()}
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
   * Told of a table that is not suspended now.
   *
   * @param applied last transaction applied
   */
  public void healthy(long applied) {
    if (applied != suspendedBehind) {
      pauseNanos = 0;
    }
  }
}
