package dev.sluice.ingest.format;

import dev.sluice.reading.Reading;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;

/**
 * Which times the readings of one request may have, and what becomes of a reading with another.
 * Immutable; made once a request.
 *
 * @param nowMicros the time of receipt, and of every reading that brings none
 * @param oldestMicros the first time taken, at least 0
 * @param newestMicros the last time taken, at most {@link Reading#MAX_TS_MICROS}
 * @param restamps whether a reading outside is stored at the time of receipt instead of refused
 */
public record TsWindow(long nowMicros, long oldestMicros, long newestMicros, boolean restamps) {
  /** Whether it is taken; never for a negative number. */
  public boolean holds(long micros) {
    return micros >= oldestMicros && micros <= newestMicros;
  }

  /**
   * Why a number is refused as a time: the day it would be, and what it looks like.
   *
   * @param found the time as it was sent, in words
   * @param units the number, about
   * @param unit what it counts
   * @param inNames what to do when it counts something else, for a unit to be filled in
   */
  public String refusal(String found, double units, Precision unit, Advice inNames) {
    String hint = Precision.under(units, this).map(inNames::of).orElse("");
    return refusal(found, units * unit.inMicros(), hint);
  }

  /** Why this time is refused. */
  public String refusal(String found, double micros) {
    return refusal(found, micros, "");
  }

  private String refusal(String found, double micros, String hint) {
    String clock = micros < oldestMicros ? "a clock that was never set?" : "a clock that is ahead?";
    return found
        + " is "
        + day(micros)
        + ": "
        + (hint.isEmpty() ? clock : hint)
        + " Taken is "
        + instant(oldestMicros)
        + " to "
        + instant(newestMicros)
        + " (ingest.oldest-ts, ingest.max-ahead)";
  }

  /** Says what to do about a number that counts another unit than it should. */
  public interface Advice {
    String of(Precision looksLike);
  }

  private static String day(double micros) {
    if (micros < 0) {
      return "before 1970-01-01";
    }
    if (micros > Reading.MAX_TS_MICROS) {
      return "after 9999-12-31";
    }
    return LocalDate.ofInstant(at((long) micros), ZoneOffset.UTC).toString();
  }

  private static String instant(long micros) {
    return at(micros).truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private static Instant at(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }
}
