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
 */
public record VerifyConfig(
    Path directory, long maxMismatchBytes, Duration settleTimeout, Duration maxDirtyAge) {}
