package dev.sluice.migration.cutover;

import java.nio.file.Path;
import java.time.Duration;

/**
 * What a phase change asks for.
 *
 * @param directory where reports are kept
 * @param dataDirectory whose disk needs headroom
 * @param maxLag longest time from an ack until the reading is visible, in either store
 * @param timeout longest time a flip may wait for the side that is read next; then all is put back
 * @param reportMaxAge how old the report may be that a flip rests on
 * @param maxDirtyAge how long a verified hour may have been written to since, before it has to be
 *     verified again
 * @param minFreeBytes free disk that has to be there
 * @param fsync whether an ack survives a power cut, so that the stores have to as well
 * @param table name of the legacy table, typed to confirm that it is retired
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
