package dev.sluice.migration;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * How much was done per second over the last minute, or since the start if that is more recent.
 * Thread-safe.
 */
public final class RecentRate {
  private static final int SECONDS = 60;
  private static final long SECOND_NANOS = 1_000_000_000L;

  private final LongSupplier nanoTime;
  private final ReentrantLock lock = new ReentrantLock();
  private final long[] done = new long[SECONDS];
  private final long startNanos;

  /** The second that was last added to, counted from the start. */
  private long second;

  /**
   * Starts counting now.
   *
   * @param nanoTime {@link System#nanoTime}
   */
  public RecentRate(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.startNanos = nanoTime.getAsLong();
  }

  public void add(long count) {
    lock.lock();
    try {
      forgetLocked();
      done[(int) (second % SECONDS)] += count;
    } finally {
      lock.unlock();
    }
  }

  public double perSecond() {
    lock.lock();
    try {
      forgetLocked();
      long sum = 0;
      for (long count : done) {
        sum += count;
      }
      long age = nanoTime.getAsLong() - startNanos;
      // The current second has only begun: the window is the 59 before it and the part that has
      // passed.
      double seconds =
          (double) Math.min(age, (SECONDS - 1) * SECOND_NANOS + age % SECOND_NANOS) / SECOND_NANOS;
      return seconds < 0.001 ? 0 : sum / seconds;
    } finally {
      lock.unlock();
    }
  }

  private void forgetLocked() {
    long now = (nanoTime.getAsLong() - startNanos) / SECOND_NANOS;
    for (long passed = Math.max(second + 1, now - SECONDS + 1); passed <= now; passed++) {
      done[(int) (passed % SECONDS)] = 0;
    }
    second = now;
  }
}
