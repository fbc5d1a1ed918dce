package dev.sluice.api;

import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one hour in both stores.
 *
 * @param hour as {@code 2026-11-22T03}
 * @param state the hour's state, as counted in {@link HourCounts}
 * @param mismatches readings that differed in the last comparison
 * @param verifiedAt when that ended
 * @param dirtySince when the hour was first written to after it
 */
public record ParityHour(
    String hour,
    String state,
    long mysqlRows,
    long questdbRows,
    long mismatches,
    @Nullable Instant verifiedAt,
    @Nullable Instant dirtySince) {
  public ParityHour {
    Objects.requireNonNull(hour, "hour");
    Objects.requireNonNull(state, "state");
  }
}
