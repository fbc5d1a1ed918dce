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

  /** What both routes take for a missing {@code precision}. */
  public static final Precision DEFAULT = NANOSECONDS;

  /** Returned for a timestamp outside 0..{@link Reading#MAX_TS_MICROS}. */
  public static final long OUT_OF_RANGE = -1;

  /** Microseconds in one unit; 0 for nanoseconds. */
  private final long micros;

  Precision(long micros) {
    this.micros = micros;
  }

  /** The {@code precision} parameter of {@code /write}: empty when there is no such unit. */
  public static Optional<Precision> ofV1(String name) {
    return switch (name) {
      case "n" -> Optional.of(NANOSECONDS);
      case "u", "µ" -> Optional.of(MICROSECONDS);
      case "m" -> Optional.of(MINUTES);
      case "h" -> Optional.of(HOURS);
      default -> ofV2(name);
    };
  }

  /** The {@code precision} parameter of {@code /api/v2/write}: empty when there is no such unit. */
  public static Optional<Precision> ofV2(String name) {
    return switch (name) {
      case "ns" -> Optional.of(NANOSECONDS);
      case "us" -> Optional.of(MICROSECONDS);
      case "ms" -> Optional.of(MILLISECONDS);
      case "s" -> Optional.of(SECONDS);
      default -> Optional.empty();
    };
  }

  /** The units that clients mistake for each other. */
  private static final List<Precision> MISTAKEN =
      List.of(SECONDS, MILLISECONDS, MICROSECONDS, NANOSECONDS);

  /** The unit in which this number would be a time that the window holds; empty if in none. */
  static Optional<Precision> under(double units, TsWindow window) {
    return MISTAKEN.stream()
        .filter(unit -> window.holds((long) Math.floor(units * unit.inMicros())))
        .findFirst();
  }

  /** Microseconds in one unit. */
  double inMicros() {
    return micros == 0 ? 1e-3 : (double) micros;
  }

  /** As the {@code precision} parameter of both routes spells it, for the units both have. */
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
   * Microseconds since the epoch, nanoseconds cut off.
   *
   * @return {@link #OUT_OF_RANGE} for what no store can hold
   */
  public long toMicros(long units) {
    if (units < 0 || (micros != 0 && units > Reading.MAX_TS_MICROS / micros)) {
      return OUT_OF_RANGE;
    }
    return micros == 0 ? units / 1_000 : units * micros;
  }
}
