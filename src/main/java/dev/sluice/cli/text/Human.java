package dev.sluice.cli.text;

import java.util.Locale;
import java.util.OptionalDouble;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Numbers, times and words in the form people read and type. Pure. */
public final class Human {
  private static final Pattern PLAIN_WORD = Pattern.compile("[A-Za-z0-9._=/:@%+,-]+");

  /**
   * Characters that a terminal could take for a command, and those that some take for a line break.
   */
  private static final Pattern CONTROL = Pattern.compile("[\\p{Cc}\u2028\u2029&&[^\n\t]]");

  private static final String[] BYTE_UNITS = {"KiB", "MiB", "GiB", "TiB"};

  private Human() {}

  /**
   * Makes text from any source safe for a terminal: control characters become dots, as in the log.
   */
  public static String plain(String text) {
    return CONTROL.matcher(text).replaceAll("·");
  }

  /** JSON as received, except that control characters it should have escaped are escaped. */
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

  /** How much is done, from 0 to 1; empty if the total is unknown. */
  static OptionalDouble share(@Nullable Long done, @Nullable Long total) {
    return done == null || total == null || total <= 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(Math.min(1, (double) done / total));
  }

  /** The two largest units: {@code 3 min 20 s}. */
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

  /** {@code ETA 3 min 20 s}; empty if unknown. */
  static String eta(@Nullable Long seconds) {
    return seconds == null ? "" : "ETA " + duration(seconds);
  }

  /** The value as text; empty if unknown. */
  static String text(@Nullable Object value) {
    return value == null ? "" : value.toString();
  }

  /** {@code 850 ms}, {@code 1.2 s}. */
  public static String millis(long millis) {
    return millis < 1_000 ? millis + " ms" : String.format(Locale.ROOT, "%.1f s", millis / 1_000.0);
  }

  /** {@code 850 ms}, {@code 12.3 s}, {@code 3 min 20 s}; a negative time counts as none. */
  static String time(double seconds) {
    long millis = Math.max(0, Math.round(seconds * 1_000));
    return millis < 59_950 ? millis(millis) : duration(Math.round(millis / 1_000.0));
  }

  /** {@code 850 bytes}, {@code 1.2 MiB}. */
  static String bytes(long bytes) {
    if (bytes < 1_024) {
      return counted(bytes, "byte");
    }
    double size = bytes / 1_024.0;
    int unit = 0;
    while (size >= 1_024 && unit < BYTE_UNITS.length - 1) {
      size /= 1_024;
      unit++;
    }
    return String.format(Locale.ROOT, "%,.1f %s", size, BYTE_UNITS[unit]);
  }

  /** A word as typed into a shell, quoted if necessary. */
  public static String quoted(String word) {
    return PLAIN_WORD.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
  }

  private static String two(long seconds, long major, String majorUnit, long minor, String unit) {
    long rest = seconds % major / minor;
    return seconds / major + " " + majorUnit + (rest == 0 ? "" : " " + rest + " " + unit);
  }
}
