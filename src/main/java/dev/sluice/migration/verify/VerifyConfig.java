package dev.sluice.migration.verify;

import java.nio.file.Path;
import java.time.Duration;

/**
 * How stores are compared.
 *
 * @param directory where the parity map and the mismatches are kept
 * @param maxMismatchBytes the most bytes of all mismatch files; a run that needs more ends and says
 *     so
 * @param settleTimeout the longest wait for both stores to catch up before a difference is checked
 *     again
 * @param maxDirtyAge how long a verified hour may be dirty before parity counts as unproven
 * @param maxOfOneTs the most readings of one ts compared in memory at once
 * @param settledFor how long after the last catch-up an hour that is being written to may be
 *     compared without waiting for the stores again
 */
public record VerifyConfig(
    Path directory,
    long maxMismatchBytes,
    Duration settleTimeout,
    Duration maxDirtyAge,
    int maxOfOneTs,
    Duration settledFor) {
  /** About 30 MB. */
  private static final int MAX_OF_ONE_TS = 100_000;

  private static final Duration SETTLED_FOR = Duration.ofSeconds(10);

  /** With the usual values of what no setting changes. */
  public VerifyConfig(
      Path directory, long maxMismatchBytes, Duration settleTimeout, Duration maxDirtyAge) {
    this(directory, maxMismatchBytes, settleTimeout, maxDirtyAge, MAX_OF_ONE_TS, SETTLED_FOR);
  }
}
