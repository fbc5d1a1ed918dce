package dev.sluice.cluster;

import java.util.List;
import java.util.Set;

/**
 * Which partitions the leader has other nodes deliver, as it writes when that changes. What nobody
 * is given, it delivers itself. Immutable.
 *
 * @param term of the leader
 * @param number grows by one with every assignment of any leader
 * @param shares of every process that is given something, or may still deliver what it was given
 *     before
 */
record AssignmentRecord(long term, long number, List<Share> shares) {
  AssignmentRecord {
    shares = List.copyOf(shares);
  }

  /**
   * What one process is given.
   *
   * @param node its id
   * @param home of the node
   * @param instance random, of the process
   * @param partitions possibly none
   */
  record Share(String node, String home, String instance, Set<Integer> partitions) {
    Share {
      partitions = Set.copyOf(partitions);
    }
  }

  /** What this process is given. */
  Set<Integer> of(String instance) {
    return shares.stream()
        .filter(share -> share.instance().equals(instance))
        .findFirst()
        .map(Share::partitions)
        .orElse(Set.of());
  }
}
