package dev.sluice.journal;

/**
 * How far one sink has come. {@code offset = origin + delivered + deadLettered + lost} always: that
 * is conservation.
 *
 * @param origin offset the sink began at
 * @param offset first reading not yet settled
 * @param delivered readings the store has, durably
 * @param deadLettered readings the store refused for good
 * @param lost readings skipped because the journal had lost them
 */
public record Progress(long origin, long offset, long delivered, long deadLettered, long lost) {

  /** The progress of a sink that begins here. */
  public static Progress at(long origin) {
    return new Progress(origin, origin, 0, 0, 0);
  }

  /** Refuses progress that does not conserve readings: a broken invariant. */
  public Progress {
    if (offset != origin + delivered + deadLettered + lost) {
      throw new AssertionError(
          "cursor at "
              + offset
              + " from "
              + origin
              + " accounts for "
              + (delivered + deadLettered + lost)
              + " readings");
    }
  }

  /** This progress after {@code n} more readings went to the store. */
  public Progress plusDelivered(long n) {
    return new Progress(origin, offset + n, delivered + n, deadLettered, lost);
  }

  /** This progress after {@code n} more readings were dead-lettered. */
  public Progress plusDeadLettered(long n) {
    return new Progress(origin, offset + n, delivered, deadLettered + n, lost);
  }

  /** This progress after {@code n} lost readings were passed over. */
  public Progress plusLost(long n) {
    return new Progress(origin, offset + n, delivered, deadLettered, lost + n);
  }
}
