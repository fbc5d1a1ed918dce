package dev.sluice.fleet;

import org.HdrHistogram.Histogram;

/**
 * How a measure was spread over the last ten to twenty minutes. Confined to one thread at a time.
 */
final class Spread {
  private static final long PERIOD_MICROS = 600_000_000;
  private static final int DIGITS = 2;

  private final long most;
  private Histogram current;
  private Histogram before;
  private long periodEndMicros;

  /**
   * @param most values above are counted as this
   */
  Spread(long most) {
    this.most = most;
    this.current = new Histogram(1, most, DIGITS);
    this.before = new Histogram(1, most, DIGITS);
  }

  /** Counts one value; a negative one as 0. */
  void add(long value) {
    current.recordValue(Math.max(0, Math.min(most, value)));
  }

  /** Drops what is too old at this time. */
  void advance(long nowMicros) {
    if (nowMicros < periodEndMicros) {
      return;
    }
    if (nowMicros >= periodEndMicros + PERIOD_MICROS) {
      before.reset();
      current.reset();
    } else {
      Histogram oldest = before;
      before = current;
      current = oldest;
      current.reset();
    }
    periodEndMicros = nowMicros + PERIOD_MICROS;
  }

  /** All values, to be asked for quantiles. */
  Histogram both() {
    Histogram both = current.copy();
    both.add(before);
    return both;
  }
}
