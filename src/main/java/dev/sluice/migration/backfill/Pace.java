package dev.sluice.migration.backfill;

import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Spreads rows over time: at most so many per second, without making up for time that was not used.
 * Thread-safe: the copying thread takes rows, operators change the limit.
 */
final class Pace {
  private final LongSupplier nanoTime;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile long rowsPerSecond;

  /** No more rows may be taken before this. */
  private long nextNanos;

  Pace(long rowsPerSecond, LongSupplier nanoTime) {
    this.rowsPerSecond = rowsPerSecond;
    this.nanoTime = nanoTime;
    this.nextNanos = nanoTime.getAsLong();
  }

  /** Sets the limit; 0 is unlimited. Any wait still owed for rows already taken is dropped. */
  void limit(long wanted) {
    lock.lock();
    try {
      rowsPerSecond = wanted;
      nextNanos = nanoTime.getAsLong();
    } finally {
      lock.unlock();
    }
  }

  long limit() {
    return rowsPerSecond;
  }

  /** Rows to take at once: at most a quarter of a second's worth, so that the copy stays smooth. */
  int atMost(int rows) {
    long limit = rowsPerSecond;
    return limit == 0 ? rows : (int) Math.max(1, Math.min(rows, limit / 4));
  }

  /** How long until more rows may be taken. */
  Duration toWait() {
    lock.lock();
    try {
      return Duration.ofNanos(Math.max(0, nextNanos - nanoTime.getAsLong()));
    } finally {
      lock.unlock();
    }
  }

  /** Records that this many rows were taken. */
  void took(long rows) {
    lock.lock();
    try {
      long now = nanoTime.getAsLong();
      long wait = rowsPerSecond == 0 ? 0 : Math.round(rows * 1e9 / rowsPerSecond);
      nextNanos = Math.max(nextNanos - now, 0) + now + wait;
    } finally {
      lock.unlock();
    }
  }
}
