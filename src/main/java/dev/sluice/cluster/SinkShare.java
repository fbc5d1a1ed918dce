package dev.sluice.cluster;

/**
 * How far a node is with one sink, in the partitions that it delivers. Immutable.
 *
 * @param sink its name
 * @param settled readings of these partitions that the sink has durably, or never gets
 * @param lagReadings readings not yet settled
 * @param lagSeconds age of the oldest of them
 * @param delivered readings that the store has acknowledged, ever
 * @param deadLetters readings that it refused for good, ever
 * @param lost readings that the journal had lost, ever
 */
public record SinkShare(
    String sink,
    long settled,
    long lagReadings,
    double lagSeconds,
    long delivered,
    long deadLetters,
    long lost) {}
