package dev.sluice.config;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers with units, as settings spell them. Anything unreadable or too large gives empty. */
public final class Quantities {
  private static final Pattern BYTES = Pattern.compile("(\\d{1,18}) ?(B|KiB|MiB|GiB|TiB)?");
  private static final Pattern DURATION = Pattern.compile("(\\d{1,12}) ?(ms|s|m|h|d)");

  private Quantities() {}

  static Optional<Integer> integer(String text, int min, int max) {
    try {
      int value = Integer.parseInt(text.strip());
      return value < min || value > max ? Optional.empty() : Optional.of(value);
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** Parses {@code 4096} or {@code 16MiB}; units are powers of 1024, so there is no {@code MB}. */
  static Optional<Long> bytes(String text) {
    Matcher matcher = BYTES.matcher(text.strip());
    if (!matcher.matches()) {
      return Optional.empty();
    }
    String unit = Optional.ofNullable(matcher.group(2)).orElse("B");
    int shift = 10 * "BKMGT".indexOf(unit.charAt(0));
    long count = Long.parseLong(matcher.group(1));
    return count > Long.MAX_VALUE >> shift ? Optional.empty() : Optional.of(count << shift);
  }

  /** The shortest spelling of exactly so many bytes, such as {@code 16MiB}. */
  static String bytesText(long bytes) {
    int unit = bytes == 0 ? 0 : Math.min(Long.numberOfTrailingZeros(bytes) / 10, 4);
    return (bytes >> (10 * unit)) + List.of("", "KiB", "MiB", "GiB", "TiB").get(unit);
  }

  /**
   * Parses {@code 50ms}, {@code 2s}, {@code 1m}, {@code 1h}, {@code 7d}, or ISO-8601 such as {@code
   * PT0.05S}.
   */
  public static Optional<Duration> duration(String text) {
    Matcher matcher = DURATION.matcher(text.strip());
    try {
      return Optional.of(matcher.matches() ? ofUnits(matcher) : Duration.parse(text.strip()));
    } catch (DateTimeParseException | ArithmeticException e) {
      return Optional.empty();
    }
  }

  private static Duration ofUnits(Matcher matcher) {
    long count = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "ms" -> Duration.ofMillis(count);
      case "s" -> Duration.ofSeconds(count);
      case "m" -> Duration.ofMinutes(count);
      case "h" -> Duration.ofHours(count);
      case "d" -> Duration.ofDays(count);
      default -> throw new AssertionError("unit without a case: " + matcher.group(2));
    };
  }
}
