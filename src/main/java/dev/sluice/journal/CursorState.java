package dev.sluice.journal;

/**
 * How far one sink has come, as kept on disk. {@code offset = origin + delivered + deadLettered +
 * lost} always: that is conservation.
 *
 * @param origin offset this cursor was created at
 * @param offset first reading not yet settled
 * @param delivered readings the store has, durably
 * @param deadLettered readings the store refused for good
 * @param lost readings skipped because the journal had lost them
 */
public record CursorState(long origin, long offset, long delivered, long deadLettered, long lost) {

  /** A cursor that has not moved. */
  public static CursorState at(long origin) {
    return new CursorState(origin, origin, 0, 0, 0);
  }

  /** Refuses a state that does not conserve readings: a broken invariant. */
  public CursorState {
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

  /** This state after {@code n} more readings went to the store. */
  public CursorState plusDelivered(long n) {
    return new CursorState(origin, offset + n, delivered + n, deadLettered, lost);
  }

  /** This state after {@code n} more readings were dead-lettered. */
  public CursorState plusDeadLettered(long n) {
    return new CursorState(origin, offset + n, delivered, deadLettered + n, lost);
  }

  /** This state after {@code n} lost readings were passed over. */
  public CursorState plusLost(long n) {
    return new CursorState(origin, offset + n, delivered, deadLettered, lost + n);
  }
}
