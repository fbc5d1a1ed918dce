package dev.sluice.migration.cutover;

import java.nio.file.Path;
import java.time.Duration;

/**
 * What a phase change requires.
 *
 * @param directory where reports are kept
 * @param dataDirectory the directory whose disk needs free space
 * @param maxLag the longest time from an ack until the reading is visible, in either store
 * @param timeout the longest a flip may wait for the side that is read next; after that everything
 *     is rolled back
 * @param reportMaxAge the greatest age of the report that a flip rests on
 * @param maxDirtyAge how long a verified hour may be dirty before it must be verified again
 * @param minFreeBytes the free disk space required
 * @param fsync whether an ack survives a power cut of this machine; if so, the stores must too
 * @param table name of the legacy table, typed to confirm its retirement
 */
public record CutoverConfig(
    Path directory,
    Path dataDirectory,
    Duration maxLag,
    Duration timeout,
    Duration reportMaxAge,
    Duration maxDirtyAge,
    long minFreeBytes,
    boolean fsync,
    String table) {}
