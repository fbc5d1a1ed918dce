package dev.sluice.server;

/** Sluice cannot start; the message says what failed, on what, and what to do. */
final class StartException extends Exception {
  private static final long serialVersionUID = 1;

  StartException(String message) {
    super(message);
  }

  StartException(String message, Throwable cause) {
    super(message, cause);
  }
}
