package dev.sluice.cluster;

import java.util.Set;

/**
 * What the newest assignment that this process has read gives it. Immutable.
 *
 * @param number of the assignment; 0 while there has been none
 * @param partitions none if it was made in another term than the present one
 */
public record Given(long number, Set<Integer> partitions) {
  static final Given NOTHING = new Given(0, Set.of());

  public Given {
    partitions = Set.copyOf(partitions);
  }
}
