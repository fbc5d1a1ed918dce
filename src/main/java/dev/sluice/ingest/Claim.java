package dev.sluice.ingest;

import dev.sluice.http.ByteBudget;
import dev.sluice.http.limit.Account;
import dev.sluice.http.limit.OverLimit;
import dev.sluice.reading.MemoryClaim;
import org.jspecify.annotations.Nullable;

/**
 * What one request holds of the byte budget, and of its client's share of that. Memory that grows
 * with a request is claimed here before it is allocated, and all of it is given back when the
 * request ends. Confined to the request that holds its work area.
 */
public final class Claim implements MemoryClaim {
  private final ByteBudget budget;
  private Account account = Account.UNLIMITED;
  private long taken;

  Claim(ByteBudget budget) {
    this.budget = budget;
  }

  /** Claims for a request of this client from now on, until everything is given back. */
  void begin(Account client) {
    account = client;
  }

  /** Whose request it is. */
  Account account() {
    return account;
  }

  /**
   * Claims this many bytes more.
   *
   * @throws NoRoomException if the budget, or the client's share, does not have them; nothing is
   *     claimed then
   */
  @Override
  public void claim(long bytes) {
    OverLimit over = account.tryBody(bytes, taken, budget.limit());
    if (over != null) {
      throw new NoRoomException(over);
    }
    if (!budget.tryTake(bytes, taken)) {
      account.giveBody(bytes);
      throw new NoRoomException(taken + bytes, budget);
    }
    taken += bytes;
  }

  void giveBack() {
    budget.give(taken);
    account.giveBody(taken);
    taken = 0;
    account = Account.UNLIMITED;
  }

  /**
   * There is no room for this request. Unchecked, and without a stack trace, because it is thrown
   * from the middle of a parser.
   */
  public static final class NoRoomException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final boolean forEver;
    private final int afterSeconds;
    private final transient @Nullable OverLimit over;

    private NoRoomException(long wanted, ByteBudget budget) {
      this(
          ("this request needs %s bytes or more, all requests hold %s of %s"
                  + " (ingest.max-inflight-bytes)")
              .formatted(wanted, budget.used(), budget.limit()),
          wanted > budget.most(),
          0,
          null);
    }

    private NoRoomException(OverLimit over) {
      this(over.reason(), false, over.retrySeconds(), over);
    }

    /**
     * Creates one for a request that would not fit even if it were the only one.
     *
     * @param message what there is too much of, observed against allowed
     */
    NoRoomException(String message) {
      this(message, true, 0, null);
    }

    /**
     * Creates one for a request that will fit later.
     *
     * @param message what there is too much of, observed against allowed
     * @param afterSeconds seconds until there is room
     */
    public NoRoomException(String message, int afterSeconds) {
      this(message, false, afterSeconds, null);
    }

    private NoRoomException(
        String message, boolean forEver, int afterSeconds, @Nullable OverLimit over) {
      super(message, null, false, false);
      this.over = over;
      this.forEver = forEver;
      this.afterSeconds = afterSeconds;
    }

    /** Whether the request would not fit even if it were the only one. */
    public boolean isForEver() {
      return forEver;
    }

    /** The client's limit that leaves no room; null if it is none of those. */
    @Nullable OverLimit over() {
      return over;
    }

    /** Seconds until there is room; 0 if unknown. */
    public int afterSeconds() {
      return afterSeconds;
    }
  }
}
