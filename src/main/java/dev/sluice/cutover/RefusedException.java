package dev.sluice.cutover;

/**
 * What an operator asked for is not done; nothing has changed. The message says what was asked, why
 * it is refused, observed against allowed, and what to do next.
 */
public final class RefusedException extends Exception {
  private static final long serialVersionUID = 1;

  public RefusedException(String message) {
    super(message);
  }
}
