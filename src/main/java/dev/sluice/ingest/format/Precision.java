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
  HOURS(3_600_000_000L),

  /** Whatever each timestamp's own size says, see {@link #of}. */
  AUTO(0);

  /** The unit that both routes assume if {@code precision} is missing. */
  public static final Precision DEFAULT = NANOSECONDS;

  /** Returned for a timestamp outside 0..{@link Reading#MAX_TS_MICROS}. */
  public static final long OUT_OF_RANGE = -1;

  /**
   * Up to here a number counts seconds; up to a thousand times as many, milliseconds; and so on.
   */
  private static final long MOST_SECONDS = 5_000_000_000L;

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

  /**
   * Parses the {@code precision} parameter of {@code /api/v3/write_lp}; empty if there is no such
   * unit.
   */
  public static Optional<Precision> ofV3(String name) {
    return switch (name) {
      case "auto" -> Optional.of(AUTO);
      case "nanosecond" -> Optional.of(NANOSECONDS);
      case "microsecond" -> Optional.of(MICROSECONDS);
      case "millisecond" -> Optional.of(MILLISECONDS);
      case "second" -> Optional.of(SECONDS);
      default -> ofV2(name);
    };
  }

  /**
   * The unit of this timestamp: this one, and for {@link #AUTO} the one that InfluxDB 3 takes it
   * for. Right for times from 1970-02-28 to 2128-06-10.
   */
  public Precision of(long units) {
    if (this != AUTO) {
      return this;
    }
    if (units < MOST_SECONDS) {
      return SECONDS;
    }
    if (units < 1_000 * MOST_SECONDS) {
      return MILLISECONDS;
    }
    return units < 1_000_000 * MOST_SECONDS ? MICROSECONDS : NANOSECONDS;
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

  /** Microseconds in one unit; not for {@link #AUTO}. */
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
      case AUTO -> "auto";
    };
  }

  /** The unit in words, for messages. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Converts to microseconds since the epoch, cutting off nanoseconds. Not for {@link #AUTO}.
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
