package dev.sluice.cluster;

/**
 * Who leads, as the leader itself writes with each renewal. Immutable.
 *
 * @param node id of the node
 * @param home of the node
 * @param adminUrl where operators reach it; empty while it does not say
 * @param term grows by one with every leader
 * @param leads false once it has stopped in order: nobody waits for its lease then
 */
public record LeaderRecord(String node, String home, String adminUrl, long term, boolean leads) {}
