package dev.sluice.ingest.format.otlp;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.sluice.ingest.format.BodyText;

/** How numbers are written in labels, whatever encoding brought them. Pure. */
final class Numbers {
  /** Below this every whole double is written with all its digits. */
  private static final double PLAIN = 1e15;

  private Numbers() {}

  /** The shortest text that reads as this double again, whole numbers without a fraction. */
  static String text(double number) {
    if (number == Double.POSITIVE_INFINITY) {
      return "+Inf";
    }
    if (number == Double.NEGATIVE_INFINITY) {
      return "-Inf";
    }
    return number == Math.rint(number) && Math.abs(number) < PLAIN
        ? Long.toString((long) number)
        : Double.toString(number);
  }

  /** The nearest double to an unsigned number. */
  static double unsigned(long bits) {
    return bits >= 0 ? (double) bits : 2 * (double) ((bits >>> 1) | (bits & 1));
  }

  /** Makes this ASCII text the last one. */
  static void hold(String ascii, BodyText text) {
    text.hold(ascii.getBytes(US_ASCII), ascii.length());
  }
}
