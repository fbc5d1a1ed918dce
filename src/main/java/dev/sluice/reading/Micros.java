package dev.sluice.reading;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Microseconds since the Unix epoch, UTC: how every ts is kept. */
public final class Micros {
  public static final long PER_SECOND = 1_000_000;
  public static final long PER_HOUR = 3_600 * PER_SECOND;
  public static final long PER_DAY = 24 * PER_HOUR;

  private Micros() {}

  /**
   * The microsecond that contains this instant.
   *
   * @throws ArithmeticException if a long cannot hold it, which takes 292,000 years
   */
  public static long of(Instant instant) {
    return Math.addExact(
        Math.multiplyExact(instant.getEpochSecond(), PER_SECOND), instant.getNano() / 1_000);
  }

  public static Instant instant(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }
}
