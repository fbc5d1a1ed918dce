package dev.sluice.ingest.format;

import dev.sluice.reading.Micros;
import dev.sluice.reading.Reading;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;

/**
 * The times that readings of one request may have, and what happens to a reading with any other.
 * Immutable; created once per request.
 *
 * @param nowMicros the time of receipt, also used for every reading without a time
 * @param oldestMicros the earliest time accepted, at least 0
 * @param newestMicros the latest time accepted, at most {@link Reading#MAX_TS_MICROS}
 * @param restamps whether a reading outside is stored with the time of receipt instead of being
 *     refused
 */
public record TsWindow(long nowMicros, long oldestMicros, long newestMicros, boolean restamps) {
  /** Whether this time is accepted; a negative number never is. */
  public boolean holds(long micros) {
    return micros >= oldestMicros && micros <= newestMicros;
  }

  /**
   * Why a number is refused as a time: the day it would be, and what it looks like.
   *
   * @param found the time as it was sent, in words
   * @param units the number, approximately
   * @param unit what the number should count
   * @param inNames what to do if the number counts something else, with that unit filled in
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
        + " Accepted: "
        + instant(oldestMicros)
        + " to "
        + instant(newestMicros)
        + " (ingest.oldest-ts, ingest.max-ahead)";
  }

  /** Says what to do about a number that counts a different unit than it should. */
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
    return LocalDate.ofInstant(Micros.instant((long) micros), ZoneOffset.UTC).toString();
  }

  private static String instant(long micros) {
    return Micros.instant(micros).truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
