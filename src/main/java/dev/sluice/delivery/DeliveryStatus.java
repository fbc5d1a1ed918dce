package dev.sluice.delivery;

import java.util.Locale;

/**
 * One consistent look at one sink's delivery.
 *
 * @param state what the loop is doing
 * @param cursor offset of the first reading the store does not durably have
 * @param lagReadings readings appended and not yet settled
 * @param lagSeconds age of the oldest unsettled reading, 0 when there is none
 * @param delivered readings the store has acknowledged, ever
 * @param deadLetters readings the store refused for good, ever
 * @param lost readings passed over because the journal had lost them, ever
 * @param lastError what goes wrong now, or last did with single readings; empty when nothing does
 * @param residue accepted − delivered − backlog − dead letters − lost: 0, or readings are
 *     unaccounted for
 */
public record DeliveryStatus(
    State state,
    long cursor,
    long lagReadings,
    double lagSeconds,
    long delivered,
    long deadLetters,
    long lost,
    String lastError,
    long residue) {

  /** What goes wrong now; empty while it delivers, whatever single readings it had to refuse. */
  public String trouble() {
    return state == State.RETRYING || state == State.FAILED ? lastError : "";
  }

  /** Whether the loop has ended: nothing more is delivered. */
  public boolean ended() {
    return state == State.STOPPED || state == State.FAILED;
  }

  /** What a delivery loop is doing. */
  public enum State {
    /** Delivering, or waiting for readings. */
    RUNNING,
    /** The store is unavailable; the same readings are tried again. */
    RETRYING,
    /** Ended on request. */
    STOPPED,
    /** Ended by a broken invariant; only a restart helps. */
    FAILED;

    /** As status and metrics spell it. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
