package dev.sluice.cluster;

import java.time.Instant;

/**
 * A leader asks all nodes to hold reads. Immutable.
 *
 * @param epoch of the phase to come
 * @param node who asks
 * @param until when the flip is over at the latest, by the leader's clock; for people, nobody lets
 *     reads continue because of it
 */
public record HoldRecord(long epoch, String node, Instant until) {}
