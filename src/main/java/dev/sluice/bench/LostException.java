package dev.sluice.bench;

import java.io.IOException;

/** A request without an answer; the message is the word it is counted under. */
final class LostException extends IOException {
  private static final long serialVersionUID = 1;

  /** Why there is no answer. */
  enum Reason {
    /** No connection could be opened. */
    CONNECT,
    /** The connection ended first. */
    CLOSED,
    /** It took too long. */
    TIMEOUT,
    /** What came is not HTTP. */
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
