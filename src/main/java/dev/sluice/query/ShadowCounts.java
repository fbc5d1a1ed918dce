package dev.sluice.query;

/**
 * What reading the other store as well has shown since the start.
 *
 * @param share of reads that are also run against the other store, 0..1
 * @param compared reads whose two results were compared to the end
 * @param different those of them whose results differed lastingly
 * @param skipped reads drawn but not compared: too many at a time, no other store, or a store that
 *     did not answer or whose results kept changing
 */
public record ShadowCounts(double share, long compared, long different, long skipped) {}
