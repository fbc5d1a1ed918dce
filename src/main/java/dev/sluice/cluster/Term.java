package dev.sluice.cluster;

/**
 * One leadership of this process, from {@link LeadershipListener#lead} on. Thread-safe; asking
 * costs a look at the clock.
 *
 * <p>It is over for good as soon as the node was told so, or has not renewed it within its lease by
 * the monotonic clock of this machine, whichever comes first; a successor waits a little longer
 * than that. So two terms never hold at once, unless a clock runs more than an eighth slower than
 * another, or stands still: Linux stops it while a machine is suspended, and a virtual machine that
 * is paused or moved may see it stop. Such a node holds a term that is over until its next renewal
 * is refused, within about a second.
 *
 * <p>Whoever asks and then writes can be stopped between the two, by {@code SIGSTOP} or by a
 * garbage collection: woken, it finishes the one write that it had begun. So ask before each write,
 * not before each series of them.
 */
public final class Term {
  private final long number;
  private final boolean inherits;
  private volatile long untilNanos;
  private volatile boolean over;

  Term(long number, boolean inherits, long untilNanos) {
    this.number = number;
    this.inherits = inherits;
    this.untilNanos = untilNanos;
  }

  /** Grows by one with every leadership of any node. */
  public long number() {
    return number;
  }

  /** Whether the topic has what the leaders before this one knew, see {@link ControlTopic#told}. */
  public boolean inherits() {
    return inherits;
  }

  /** Whether this process leads. Once false, always false. */
  public boolean leads() {
    if (!over && System.nanoTime() - untilNanos >= 0) {
      over = true;
    }
    return !over;
  }

  /**
   * Refuses what only a leader may do.
   *
   * @throws NotLeaderException if this process does not lead any more
   */
  public void requireLease() throws NotLeaderException {
    if (!leads()) {
      throw new NotLeaderException("this node leads no more: its term " + number + " is over");
    }
  }

  void renew(long untilNanos) {
    this.untilNanos = untilNanos;
  }

  void end() {
    over = true;
  }
}
