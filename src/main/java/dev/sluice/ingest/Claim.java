package dev.sluice.ingest;

import dev.sluice.http.ByteBudget;
import dev.sluice.reading.MemoryClaim;

/**
 * What one request holds of the byte budget. Memory that grows with a request is claimed here
 * before it is allocated, and all of it is given back when the request ends. Confined to the
 * request that holds its work area.
 */
public final class Claim implements MemoryClaim {
  private final ByteBudget budget;
  private long taken;

  Claim(ByteBudget budget) {
    this.budget = budget;
  }

  /**
   * Claims this many bytes more.
   *
   * @throws NoRoomException if the budget does not have them; nothing is claimed then
   */
  @Override
  public void claim(long bytes) {
    if (!budget.tryTake(bytes, taken)) {
      throw new NoRoomException(taken + bytes, budget);
    }
    taken += bytes;
  }

  void giveBack() {
    budget.give(taken);
    taken = 0;
  }

  /**
   * There is no room for this request. Unchecked, and without a stack trace, because it is thrown
   * from the middle of a parser.
   */
  public static final class NoRoomException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final boolean forEver;
    private final int afterSeconds;

    private NoRoomException(long wanted, ByteBudget budget) {
      this(
          ("this request needs %s bytes or more, all requests hold %s of %s"
                  + " (ingest.max-inflight-bytes)")
              .formatted(wanted, budget.used(), budget.limit()),
          wanted > budget.most(),
          0);
    }

    /**
     * Creates one for a request that would not fit even if it were the only one.
     *
     * @param message what there is too much of, observed against allowed
     */
    NoRoomException(String message) {
      this(message, true, 0);
    }

    /**
     * Creates one for a request that will fit later.
     *
     * @param message what there is too much of, observed against allowed
     * @param afterSeconds seconds until there is room
     */
    NoRoomException(String message, int afterSeconds) {
      this(message, false, afterSeconds);
    }

    private NoRoomException(String message, boolean forEver, int afterSeconds) {
      super(message, null, false, false);
      this.forEver = forEver;
      this.afterSeconds = afterSeconds;
    }

    /** Whether the request would not fit even if it were the only one. */
    public boolean isForEver() {
      return forEver;
    }

    /** Seconds until there is room; 0 if unknown. */
    public int afterSeconds() {
      return afterSeconds;
    }
  }
}
