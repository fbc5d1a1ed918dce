package dev.sluice.cluster;

import java.time.Instant;
import java.util.List;

/**
 * What a node says of itself. Immutable.
 *
 * @param id {@code node.id}, or what stands for it
 * @param home of its data directory: with the same id it is the same node, started again
 * @param ingestUrl where it takes readings in; empty until it does
 * @param adminUrl where operators reach it; empty until they do
 * @param roles as {@code node.roles} spells them
 * @param ownStores whether a store lives inside the process, where no other node reaches it
 * @param version of Sluice
 * @param started when the process did
 */
public record NodeInfo(
    String id,
    String home,
    String ingestUrl,
    String adminUrl,
    List<String> roles,
    boolean ownStores,
    String version,
    Instant started) {
  public NodeInfo {
    roles = List.copyOf(roles);
  }
}
