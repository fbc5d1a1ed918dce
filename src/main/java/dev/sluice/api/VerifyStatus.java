package dev.sluice.api;

import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET} and {@code POST /v1/verify}: the last run, and what is known of both stores.
 *
 * @param state {@code idle}, {@code running}, {@code done}, {@code cancelled} or {@code failed}
 * @param scope {@code needed}, {@code all}, {@code control-mysql} or {@code control-questdb}
 * @param why it failed
 * @param hoursTotal hours to compare, if that is known
 * @param hour being compared, as {@code 2026-11-22T03}
 * @param rowsPerSecond over the last minute
 * @param control of a run that compares a store with itself
 * @param mismatches found by the last comparison of each hour
 * @param mismatchFiles the directory that lists each mismatch by its key
 * @param completePassAt when all hours had last been compared
 * @param objection why parity is not proven, and what to do; null if it is
 */
public record VerifyStatus(
    String state,
    @Nullable String scope,
    @Nullable String why,
    long hoursDone,
    @Nullable Long hoursTotal,
    @Nullable String hour,
    long rowsCompared,
    long rowsPerSecond,
    @Nullable Instant startedAt,
    @Nullable Instant finishedAt,
    @Nullable Control control,
    HourCounts hours,
    MismatchCounts mismatches,
    @Nullable String mismatchFiles,
    @Nullable Instant completePassAt,
    @Nullable String objection) {

  public VerifyStatus {
    Objects.requireNonNull(state, "state");
    hours = Objects.requireNonNullElse(hours, HourCounts.NONE);
    mismatches = Objects.requireNonNullElse(mismatches, MismatchCounts.NONE);
  }

  /**
   * A store compared with itself.
   *
   * @param rows readings that one scan of it returned
   */
  public record Control(String store, long rows, long differences) {}
}
