package dev.sluice.bench;

import java.util.concurrent.locks.LockSupport;

/** The time of a run, in nanoseconds since its warm-up began. Immutable. */
final class RunClock {
  private final long originNanos;
  private final long originMicros;

  /**
   * @param originNanos of {@link System#nanoTime}
   * @param originMicros the same moment, since the epoch
   */
  private RunClock(long originNanos, long originMicros) {
    this.originNanos = originNanos;
    this.originMicros = originMicros;
  }

  /** A clock that starts in so many nanoseconds. */
  static RunClock startingIn(long nanos) {
    return new RunClock(
        System.nanoTime() + nanos, System.currentTimeMillis() * 1_000 + nanos / 1_000);
  }

  long now() {
    return System.nanoTime() - originNanos;
  }

  /** A moment of the run as microseconds since the epoch. */
  long epochMicros(long nanos) {
    return originMicros + nanos / 1_000;
  }

  /** Returns once this moment of the run has come. */
  void await(long nanos) throws InterruptedException {
    long left = nanos - now();
    while (left > 0) {
      LockSupport.parkNanos(left);
      if (Thread.interrupted()) {
        throw new InterruptedException("while waiting for a turn");
      }
      left = nanos - now();
    }
  }
}
