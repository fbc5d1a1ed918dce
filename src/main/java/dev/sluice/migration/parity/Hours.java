package dev.sluice.migration.parity;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * The hours that parity is kept by, each given by its first instant in microseconds since the
 * epoch.
 */
public final class Hours {
  public static final long HOUR_MICROS = 3_600_000_000L;

  private Hours() {}

  /** The hour that contains this instant. */
  public static long of(long tsMicros) {
    return tsMicros - Math.floorMod(tsMicros, HOUR_MICROS);
  }

  /** Formats an hour as {@code 2026-11-22T03}. */
  public static String name(long hourMicros) {
    return Instant.EPOCH.plus(hourMicros, ChronoUnit.MICROS).toString().substring(0, 13);
  }

  /**
   * Parses what {@link #name} formats.
   *
   * @throws java.time.DateTimeException if it is not the name of an hour
   */
  public static long parse(String name) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.parse(name + ":00:00Z"));
  }
}
