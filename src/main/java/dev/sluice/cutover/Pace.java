package dev.sluice.cutover;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Spreads rows over time: at most so many per second, without catching up on time that was not
 * used. The limit may be changed from any thread; the rest is confined to the copying thread.
 */
final class Pace {
  private final LongSupplier nanoTime;
  private volatile long rowsPerSecond;
  private long nextNanos;

  Pace(long rowsPerSecond, LongSupplier nanoTime) {
    this.rowsPerSecond = rowsPerSecond;
    this.nanoTime = nanoTime;
    this.nextNanos = nanoTime.getAsLong();
  }

  /** 0 is unlimited. */
  void limit(long wanted) {
    rowsPerSecond = wanted;
  }

  long limit() {
    return rowsPerSecond;
  }

  /** Rows after which to look again: a quarter of a second's, so that a chunk stays short. */
  int atMost(int rows) {
    long limit = rowsPerSecond;
    return limit == 0 ? rows : (int) Math.max(1, Math.min(rows, limit / 4));
  }

  /** How long until more rows may be taken; never more than a second after a limit was raised. */
  Duration toWait() {
    return rowsPerSecond == 0
        ? Duration.ZERO
        : Duration.ofNanos(Math.max(0, nextNanos - nanoTime.getAsLong()));
  }

  /** So many rows were taken. */
  void took(long rows) {
    long limit = rowsPerSecond;
    long now = nanoTime.getAsLong();
    nextNanos = Math.max(now, nextNanos);
    if (limit > 0) {
      nextNanos += Math.round(rows * 1e9 / limit);
    }
  }
}
