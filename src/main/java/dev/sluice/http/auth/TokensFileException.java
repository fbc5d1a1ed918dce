package dev.sluice.http.auth;

import java.util.Locale;

/** A tokens file that is not used as it is. The message names the file, and says what to do. */
public final class TokensFileException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  /** What is wrong with a file. */
  public enum Fault {
    /** It is not there, or this user may not read it. */
    UNREADABLE,
    /** Others than its owner may write to it. */
    MODE,
    /** It belongs to another user, who is not root. */
    OWNER,
    /** It is larger than any file of tokens. */
    SIZE,
    /** It holds no token. */
    EMPTY,
    /** Its last line does not end. */
    CUT,
    /** One of its lines is wrong. */
    LINE;

    /** In lower case. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Fault fault;

  TokensFileException(Fault fault, String message) {
    super(message);
    this.fault = fault;
  }

  TokensFileException(Fault fault, String message, Throwable cause) {
    super(message, cause);
    this.fault = fault;
  }

  public Fault fault() {
    return fault;
  }
}
