package dev.sluice.cluster;

import java.time.Duration;

/**
 * How often nodes speak, and for how long what they said holds.
 *
 * @param beat between two records of a node
 * @param lease how long a leader leads after it was last known to, and a node answers reads after
 *     it last heard from the topic; several beats
 * @param session after which the group takes the partition from a member that is silent
 */
record Times(Duration beat, Duration lease, Duration session) {
  /** The shortest session that brokers allow unless told otherwise is 6 s. */
  static final Times STANDARD =
      new Times(Duration.ofSeconds(1), Duration.ofSeconds(4), Duration.ofSeconds(6));

  /**
   * How long others wait until a lease has surely run out: their clock may be a little faster than
   * that of the holder.
   */
  Duration leaseElsewhere() {
    return lease.plus(lease.dividedBy(8));
  }
}
