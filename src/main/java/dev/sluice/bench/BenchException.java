package dev.sluice.bench;

/** The run could not begin; the message says why, and what to do. */
public final class BenchException extends Exception {
  private static final long serialVersionUID = 1;

  BenchException(String message) {
    super(message);
  }
}
