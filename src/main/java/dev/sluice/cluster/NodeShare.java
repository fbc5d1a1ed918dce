package dev.sluice.cluster;

import java.util.List;
import java.util.Set;

/**
 * What a node says of its part in the delivery. Immutable.
 *
 * @param opened epoch of the phase whose store it has open, to deliver for the leader; 0 if it
 *     cannot
 * @param carried number of the newest assignment that it has carried out: it delivers nothing that
 *     this one does not give it
 * @param partitions that it delivers
 * @param deadLetterBytes what its own files of dead letters hold
 * @param sinks how far each is in these partitions
 */
public record NodeShare(
    long opened,
    long carried,
    Set<Integer> partitions,
    long deadLetterBytes,
    List<SinkShare> sinks) {
  /** Of a node that delivers nothing. */
  public static final NodeShare NONE = new NodeShare(0, 0, Set.of(), 0, List.of());

  public NodeShare {
    partitions = Set.copyOf(partitions);
    sinks = List.copyOf(sinks);
  }

  /** Whether it says something new about who delivers what, rather than how far that is. */
  boolean differsFrom(NodeShare before) {
    return opened != before.opened
        || carried != before.carried
        || !partitions.equals(before.partitions);
  }
}
