package dev.sluice.migration.parity;

import dev.sluice.api.MismatchCounts;
import dev.sluice.api.ParityHour;
import dev.sluice.migration.Since;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * What is known about one hour in both stores. Immutable.
 *
 * @param hourMicros the hour's first instant, in microseconds since the epoch
 * @param verdict of the last comparison
 * @param mismatches the differing readings that the last comparison found
 * @param verifiedAt when it ended
 * @param dirtySince when the hour was first written to after the last comparison
 */
public record HourParity(
    long hourMicros,
    Verdict verdict,
    long mysqlRows,
    long questDbRows,
    MismatchCounts mismatches,
    Optional<Instant> verifiedAt,
    Optional<Since> dirtySince) {

  /** The result of the last comparison. */
  enum Verdict {
    /** The hour was never compared. */
    UNVERIFIED,
    MATCHED,
    MISMATCHED;

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** An hour first heard of through a write. */
  static HourParity unverified(long hourMicros, Since since) {
    return new HourParity(
        hourMicros,
        Verdict.UNVERIFIED,
        0,
        0,
        MismatchCounts.NONE,
        Optional.empty(),
        Optional.of(since));
  }

  /** The same hour after a write: dirty since the first one. */
  HourParity written(Since now) {
    return dirtySince.isPresent()
        ? this
        : new HourParity(
            hourMicros, verdict, mysqlRows, questDbRows, mismatches, verifiedAt, Optional.of(now));
  }

  /**
   * {@code unverified}, {@code matched}, {@code mismatched} or {@code dirty}. A mismatch remains
   * one, written to or not, until the hour is compared again.
   */
  public String state() {
    return verdict == Verdict.MATCHED && dirtySince.isPresent() ? "dirty" : verdict.label();
  }

  /** Whether the hour must be compared: nothing shows that both stores agree about it now. */
  boolean needed() {
    return verdict != Verdict.MATCHED || dirtySince.isPresent();
  }

  /** The hour as {@code GET /v1/verify?map=true} shows it. */
  public ParityHour shown() {
    return new ParityHour(
        Hours.name(hourMicros),
        state(),
        mysqlRows,
        questDbRows,
        mismatches.total(),
        verifiedAt.orElse(null),
        dirtySince.map(Since::at).orElse(null));
  }
}
