package dev.sluice.doctor;

import java.util.Locale;

/** Sizes in the form people read. */
final class Bytes {
  private static final String UNITS = "KMGTPE";

  private Bytes() {}

  /** {@code 1.5 GiB}. */
  static String text(long bytes) {
    if (bytes < 1024) {
      return bytes + " B";
    }
    int unit = (63 - Long.numberOfLeadingZeros(bytes)) / 10;
    return String.format(
        Locale.ROOT, "%.1f %siB", bytes / Math.pow(1024, unit), UNITS.charAt(unit - 1));
  }
}
