package dev.sluice.query;

/**
 * What reading the other store too has shown since the start.
 *
 * @param share of reads that are run against the other store too, 0..1
 * @param compared reads whose two answers were compared to the end
 * @param different those of them whose answers differed for good
 * @param skipped reads drawn and not compared: too many at once, no other store, or a store that
 *     did not answer or come to rest
 */
public record ShadowCounts(double share, long compared, long different, long skipped) {}
