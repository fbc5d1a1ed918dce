package dev.sluice.migration;

import java.time.Duration;
import java.util.Locale;

/** Formats quantities for operators. Stateless. */
public final class Words {
  private Words() {}

  public static String ms(Duration duration) {
    return duration.toMillis() + " ms";
  }

  public static String ms(double seconds) {
    return Math.round(seconds * 1_000) + " ms";
  }

  public static String gib(long bytes) {
    return String.format(Locale.ROOT, "%.1f GiB", bytes / 0x1p30);
  }
}
