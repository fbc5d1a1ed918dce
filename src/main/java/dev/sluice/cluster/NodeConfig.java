package dev.sluice.cluster;

import java.util.Optional;
import java.util.Set;

/**
 * Settings {@code node.*}.
 *
 * @param id {@code node.id}; empty if this node makes one for itself
 * @param roles {@code node.roles}; not empty
 */
public record NodeConfig(Optional<String> id, Set<NodeRole> roles) {
  public NodeConfig {
    roles = Set.copyOf(roles);
    if (roles.isEmpty()) {
      throw new IllegalArgumentException("node.roles is empty, allowed is at least one role");
    }
  }

  public boolean ingests() {
    return roles.contains(NodeRole.INGEST);
  }

  public boolean delivers() {
    return roles.contains(NodeRole.DELIVERY);
  }
}
