package dev.sluice.ingest.format;

import dev.sluice.reading.Reading;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Unit of the timestamps in a line-protocol request. */
public enum Precision {
  NANOSECONDS(0),
  MICROSECONDS(1),
  MILLISECONDS(1_000),
  SECONDS(1_000_000),
  MINUTES(60_000_000),
  HOURS(3_600_000_000L);

  /** The unit that both routes assume if {@code precision} is missing. */
  public static final Precision DEFAULT = NANOSECONDS;

  /** Returned for a timestamp outside 0..{@link Reading#MAX_TS_MICROS}. */
  public static final long OUT_OF_RANGE = -1;

  /** Microseconds in one unit; 0 for nanoseconds. */
  private final long micros;

  Precision(long micros) {
    this.micros = micros;
  }

  /** Parses the {@code precision} parameter of {@code /write}; empty if there is no such unit. */
  public static Optional<Precision> ofV1(String name) {
    return switch (name) {
      case "n" -> Optional.of(NANOSECONDS);
      case "u", "µ" -> Optional.of(MICROSECONDS);
      case "m" -> Optional.of(MINUTES);
      case "h" -> Optional.of(HOURS);
      default -> ofV2(name);
    };
  }

  /**
   * Parses the {@code precision} parameter of {@code /api/v2/write}; empty if there is no such
   * unit.
   */
  public static Optional<Precision> ofV2(String name) {
    return switch (name) {
      case "ns" -> Optional.of(NANOSECONDS);
      case "us" -> Optional.of(MICROSECONDS);
      case "ms" -> Optional.of(MILLISECONDS);
      case "s" -> Optional.of(SECONDS);
      default -> Optional.empty();
    };
  }

  /** The units that clients confuse with each other. */
  private static final List<Precision> MISTAKEN =
      List.of(SECONDS, MILLISECONDS, MICROSECONDS, NANOSECONDS);

  /** The unit in which this number would be a time inside the window; empty if there is none. */
  static Optional<Precision> under(double units, TsWindow window) {
    return MISTAKEN.stream()
        .filter(unit -> window.holds((long) Math.floor(units * unit.inMicros())))
        .findFirst();
  }

  /** Microseconds in one unit. */
  double inMicros() {
    return micros == 0 ? 1e-3 : (double) micros;
  }

  /** The unit as the {@code precision} parameter of both routes spells it, if both have it. */
  public String parameter() {
    return switch (this) {
      case NANOSECONDS -> "ns";
      case MICROSECONDS -> "us";
      case MILLISECONDS -> "ms";
      case SECONDS -> "s";
      case MINUTES -> "m";
      case HOURS -> "h";
    };
  }

  /** The unit in words, for messages. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Converts to microseconds since the epoch, cutting off nanoseconds.
   *
   * @return microseconds, or {@link #OUT_OF_RANGE} if no store can hold the time
   */
  public long toMicros(long units) {
    if (units < 0 || (micros != 0 && units > Reading.MAX_TS_MICROS / micros)) {
      return OUT_OF_RANGE;
    }
    return micros == 0 ? units / 1_000 : units * micros;
  }
}
