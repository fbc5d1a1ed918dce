package dev.sluice.cli.text;

import java.util.Locale;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/** Numbers, times and words as people read and type them. Pure. */
public final class Human {
  private static final Pattern PLAIN_WORD = Pattern.compile("[A-Za-z0-9._=/:@%+,-]+");

  /** What a terminal could take for a command, and what would begin a line for some. */
  private static final Pattern CONTROL = Pattern.compile("[\\p{Cc}\u2028\u2029&&[^\n\t]]");

  private Human() {}

  /** Text of anybody's, safe for a terminal: control characters are dots, as in the log. */
  public static String plain(String text) {
    return CONTROL.matcher(text).replaceAll("·");
  }

  /** JSON as it came, control characters that it should have escaped escaped. */
  public static String plainJson(String json) {
    return CONTROL
        .matcher(json)
        .replaceAll(found -> "\\\\u%04x".formatted((int) found.group().charAt(0)));
  }

  /** {@code 12,345}. */
  public static String count(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  /** {@code 1 row}, {@code 2 rows}. */
  public static String counted(long count, String one) {
    return count(count) + " " + one + (count == 1 ? "" : "s");
  }

  /** {@code 12,345 rows/s}. */
  static String rate(double rowsPerSecond) {
    return count(Math.round(rowsPerSecond)) + " rows/s";
  }

  /** {@code 41.3 %}, rounded down: 100 % means all of it. */
  static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", Math.floor(share * 1_000) / 10);
  }

  /** How much is done; empty when nobody knows of how much. */
  static OptionalDouble share(long done, long total) {
    return total <= 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(Math.min(1, (double) done / total));
  }

  /** The two greatest units: {@code 3 min 20 s}. */
  static String duration(long seconds) {
    if (seconds < 60) {
      return seconds + " s";
    }
    if (seconds < 3_600) {
      return two(seconds, 60, "min", 1, "s");
    }
    if (seconds < 86_400) {
      return two(seconds, 3_600, "h", 60, "min");
    }
    return two(seconds, 86_400, "d", 3_600, "h");
  }

  /** {@code ETA 3 min 20 s}; empty when nobody knows. */
  static String eta(OptionalLong seconds) {
    return seconds.isEmpty() ? "" : "ETA " + duration(seconds.getAsLong());
  }

  /** {@code 850 ms}, {@code 1.2 s}. */
  public static String millis(long millis) {
    return millis < 1_000 ? millis + " ms" : String.format(Locale.ROOT, "%.1f s", millis / 1_000.0);
  }

  /** A word as a shell takes it. */
  public static String quoted(String word) {
    return PLAIN_WORD.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
  }

  private static String two(long seconds, long major, String majorUnit, long minor, String unit) {
    long rest = seconds % major / minor;
    return seconds / major + " " + majorUnit + (rest == 0 ? "" : " " + rest + " " + unit);
  }
}
