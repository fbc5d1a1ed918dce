package dev.sluice.migration.parity;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** The hours that parity is kept by: microseconds since the epoch, of the hour's first instant. */
public final class Hours {
  public static final long HOUR_MICROS = 3_600_000_000L;

  private Hours() {}

  /** The hour this instant lies in. */
  public static long of(long tsMicros) {
    return tsMicros - Math.floorMod(tsMicros, HOUR_MICROS);
  }

  /** {@code 2026-11-22T03}. */
  public static String name(long hourMicros) {
    return Instant.EPOCH.plus(hourMicros, ChronoUnit.MICROS).toString().substring(0, 13);
  }

  /**
   * The hour of that name.
   *
   * @throws java.time.DateTimeException when it is none
   */
  public static long parse(String name) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.parse(name + ":00:00Z"));
  }
}
