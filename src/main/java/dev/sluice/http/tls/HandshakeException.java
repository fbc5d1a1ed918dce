package dev.sluice.http.tls;

/** A handshake that did not succeed. What is to be said to the client has been said. */
public final class HandshakeException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Why. */
  public enum Reason {
    /** The client has gone, or never sent anything. */
    GONE,
    /** What the client sent is not TLS. */
    NOT_TLS,
    /** The two sides do not agree, or one does not trust the other. */
    REFUSED
  }

  private final Reason reason;

  HandshakeException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /** Creates one; the message is for operators. */
  public HandshakeException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
