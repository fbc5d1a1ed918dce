package dev.sluice.cutover;

import java.time.Duration;
import java.util.Locale;

/** Quantities as operators read them. Pure. */
final class Words {
  private Words() {}

  static String ms(Duration duration) {
    return duration.toMillis() + " ms";
  }

  static String ms(double seconds) {
    return Math.round(seconds * 1_000) + " ms";
  }

  static String gib(long bytes) {
    return String.format(Locale.ROOT, "%.1f GiB", bytes / 0x1p30);
  }
}
