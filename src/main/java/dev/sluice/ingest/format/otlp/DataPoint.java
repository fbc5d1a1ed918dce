package dev.sluice.ingest.format.otlp;

import dev.sluice.reading.MemoryClaim;
import java.util.Arrays;

/**
 * The numbers of one data point of any kind, as its codec reads them. Confined to that codec, which
 * reuses it.
 */
final class DataPoint {
  /** More buckets, or quantiles, make a point that is refused. */
  static final int MAX_BUCKETS = 1_000;

  private static final int INITIAL = 32;
  private static final int NO_RECORDED_VALUE = 1;

  private final MemoryClaim memory;

  /** Nanoseconds since the epoch, unsigned; 0 for none. */
  long timeNanos;

  boolean hasValue;
  double value;
  double count;
  boolean hasSum;
  double sum;
  boolean hasMin;
  double min;
  boolean hasMax;
  double max;
  private boolean empty;

  /** Upper bounds of buckets, or quantiles. */
  private double[] bounds = new double[INITIAL];

  private int boundCount;

  /** What is in each bucket, or the values at the quantiles. */
  private double[] amounts = new double[INITIAL];

  private int amountCount;

  /**
   * @param memory called with the number of additional bytes before memory grows; may throw
   */
  DataPoint(MemoryClaim memory) {
    this.memory = memory;
  }

  void clear() {
    timeNanos = 0;
    hasValue = false;
    count = 0;
    hasSum = false;
    sum = 0;
    hasMin = false;
    hasMax = false;
    empty = false;
    boundCount = 0;
    amountCount = 0;
  }

  void flags(long bits) {
    empty = (bits & NO_RECORDED_VALUE) != 0;
  }

  /** Whether it says that there was nothing to be recorded. */
  boolean isEmpty() {
    return empty;
  }

  void value(double number) {
    hasValue = true;
    value = number;
  }

  void sum(double number) {
    hasSum = true;
    sum = number;
  }

  void min(double number) {
    hasMin = true;
    min = number;
  }

  void max(double number) {
    hasMax = true;
    max = number;
  }

  /** Adds one bound or quantile; beyond the most that are allowed, only counts it. */
  void addBound(double bound) {
    if (boundCount < MAX_BUCKETS) {
      bounds = withRoom(bounds, boundCount);
      bounds[boundCount] = bound;
    }
    boundCount++;
  }

  /** Adds one amount; beyond the most that are allowed, only counts it. */
  void addAmount(double amount) {
    if (amountCount <= MAX_BUCKETS) {
      amounts = withRoom(amounts, amountCount);
      amounts[amountCount] = amount;
    }
    amountCount++;
  }

  /** Number of bounds, even if those are more than allowed. */
  int bounds() {
    return boundCount;
  }

  double bound(int i) {
    return bounds[i];
  }

  /** Number of amounts, even if those are more than allowed. */
  int amounts() {
    return amountCount;
  }

  double amount(int i) {
    return amounts[i];
  }

  /** Drops memory held for an unusually large point. */
  void release() {
    if (bounds.length > INITIAL) {
      bounds = new double[INITIAL];
    }
    if (amounts.length > INITIAL) {
      amounts = new double[INITIAL];
    }
  }

  private double[] withRoom(double[] column, int count) {
    if (count < column.length) {
      return column;
    }
    memory.claim((long) count * Double.BYTES);
    return Arrays.copyOf(column, 2 * count);
  }
}
