package dev.sluice.ingest;

import dev.sluice.http.ByteBudget;
import java.util.function.LongConsumer;

/**
 * What one request holds of the byte budget. Memory that grows with a request is taken here before
 * it is allocated, and given back in one when the request ends. Confined to the request that holds
 * its work area.
 */
public final class Claim implements LongConsumer {
  private final ByteBudget budget;
  private long taken;

  Claim(ByteBudget budget) {
    this.budget = budget;
  }

  /**
   * Takes this many bytes more.
   *
   * @throws NoRoomException when the budget has not got them; nothing is taken then
   */
  @Override
  public void accept(long bytes) {
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
   * There is no room for this request; unchecked and without a trace, to come out of the middle of
   * a parser.
   */
  public static final class NoRoomException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final boolean forEver;
    private final int afterSeconds;

    private NoRoomException(long wanted, ByteBudget budget) {
      this(
          "this request needs "
              + wanted
              + " bytes or more, all requests hold "
              + budget.used()
              + " of "
              + budget.limit()
              + " (ingest.max-inflight-bytes)",
          wanted > budget.most(),
          0);
    }

    /**
     * It would be too much of the only request, too.
     *
     * @param message what there is too much of, observed against allowed
     */
    NoRoomException(String message) {
      this(message, true, 0);
    }

    /**
     * There will be room.
     *
     * @param message what there is too much of, observed against allowed
     * @param afterSeconds when
     */
    NoRoomException(String message, int afterSeconds) {
      this(message, false, afterSeconds);
    }

    private NoRoomException(String message, boolean forEver, int afterSeconds) {
      super(message, null, false, false);
      this.forEver = forEver;
      this.afterSeconds = afterSeconds;
    }

    /** Whether the request would not fit if it were the only one. */
    public boolean isForEver() {
      return forEver;
    }

    /** When there will be room; 0 when that is not known. */
    public int afterSeconds() {
      return afterSeconds;
    }
  }
}
