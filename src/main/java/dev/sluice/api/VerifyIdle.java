package dev.sluice.api;

import dev.sluice.api.VerifyStatus.Control;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A {@link VerifyStatus} before the first run, to be written: its counts, all zero, follow what is
 * unknown. Read as a {@link VerifyStatus}.
 */
public record VerifyIdle(
    String state,
    @Nullable String scope,
    @Nullable String why,
    @Nullable Long hoursTotal,
    @Nullable String hour,
    @Nullable Instant startedAt,
    @Nullable Instant finishedAt,
    @Nullable Control control,
    long hoursDone,
    long rowsCompared,
    long rowsPerSecond,
    HourCounts hours,
    MismatchCounts mismatches,
    @Nullable String mismatchFiles,
    @Nullable Instant completePassAt,
    @Nullable String objection) {
  public static VerifyIdle of(VerifyStatus idle) {
    return new VerifyIdle(
        idle.state(),
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        0,
        0,
        0,
        idle.hours(),
        idle.mismatches(),
        idle.mismatchFiles(),
        idle.completePassAt(),
        idle.objection());
  }
}
