package dev.sluice.query;

import dev.sluice.reading.Reading;
import java.util.function.Consumer;

/** The rows of a page as one number: equal pages have equal digests. Confined to one thread. */
public final class PageDigest implements Consumer<Reading> {
  /** Odd, and far from a power of two: every bit of a row spreads over the number. */
  private static final long FACTOR = 0x9E3779B97F4A7C15L;

  private long hash;
  private int rows;

  @Override
  public void accept(Reading reading) {
    mix(reading.device().hashCode());
    mix(reading.metric().hashCode());
    mix(reading.tsMicros());
    mix(Double.doubleToLongBits(reading.value()));
    rows++;
  }

  Value value() {
    return new Value(rows, hash);
  }

  private void mix(long bits) {
    hash = (hash ^ bits) * FACTOR;
    hash ^= hash >>> 29;
  }

  /** A digest that no longer changes. */
  record Value(int rows, long hash) {}
}
