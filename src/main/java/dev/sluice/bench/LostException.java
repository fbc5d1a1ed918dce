package dev.sluice.bench;

import java.io.IOException;

/** A request that got no response; the message is the word it is counted under. */
final class LostException extends IOException {
  private static final long serialVersionUID = 1;

  /** Why there was no response. */
  enum Reason {
    /** No connection could be opened. */
    CONNECT,
    /** The connection ended first. */
    CLOSED,
    /** The response took too long. */
    TIMEOUT,
    /** The response is not HTTP. */
    PROTOCOL,
    /** The run was over before its turn came. */
    UNSENT
  }

  private final Reason reason;

  LostException(Reason reason, IOException cause) {
    super(reason.name(), cause);
    this.reason = reason;
  }

  Reason reason() {
    return reason;
  }
}
