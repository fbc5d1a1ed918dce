package dev.sluice.http.tls;

/**
 * Files that cannot be used for TLS. The message names the file, says what is wrong with it, and
 * what to do; it never quotes a key.
 */
public final class UnusableException extends Exception {
  private static final long serialVersionUID = 1L;

  UnusableException(String message) {
    super(message);
  }

  UnusableException(String message, Throwable cause) {
    super(message, cause);
  }
}
