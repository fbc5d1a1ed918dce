package dev.sluice.cluster;

import java.util.Set;

/**
 * The right of this process to deliver some partitions while another node leads. Thread-safe;
 * asking costs a look at the clock.
 *
 * <p>It rests on two things: that this process hears from the control topic, so that its own
 * records come back within the lease, and that the newest assignment it has read gives it these
 * partitions. The leader gives them to another only when it knows that this right is over. Once the
 * process has not heard from the topic for longer than the lease, the right is over for good, even
 * if nobody asked meanwhile: others may have delivered from there on, and what this process knows
 * of the cursors is old.
 *
 * <p>As with a {@link Term}, whoever asks and then writes can be stopped between the two.
 */
public final class Right {
  private final ControlTopic control;
  private final Set<Integer> partitions;
  private final long silences;
  private volatile boolean over;

  Right(ControlTopic control, Set<Integer> partitions, long silences) {
    this.control = control;
    this.partitions = Set.copyOf(partitions);
    this.silences = silences;
  }

  /** The partitions. */
  public Set<Integer> partitions() {
    return partitions;
  }

  /** Whether these partitions may be written to the stores. */
  public boolean writes() {
    return keeps() && control.given().partitions().containsAll(partitions);
  }

  /**
   * Whether their cursors may be kept: also after the leader has asked for the partitions back,
   * until this process has said that it is done with them.
   */
  public boolean keeps() {
    return !over && control.hasHeardSince(silences);
  }

  /** This process is done with them. */
  public void end() {
    over = true;
  }
}
