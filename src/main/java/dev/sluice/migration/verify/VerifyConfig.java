package dev.sluice.migration.verify;

import java.nio.file.Path;
import java.time.Duration;

/**
 * How stores are compared.
 *
 * @param directory where the parity map and the mismatches are kept
 * @param maxMismatchBytes most bytes of all mismatch files; beyond, a run ends and says so
 * @param settleTimeout how long a difference may wait for both stores to have everything before it
 *     is looked at again
 * @param maxDirtyAge how long a verified hour may have been written to since, before parity counts
 *     as unproven
 */
public record VerifyConfig(
    Path directory, long maxMismatchBytes, Duration settleTimeout, Duration maxDirtyAge) {}
