package dev.sluice.ingest.format.otlp;

import dev.sluice.ingest.format.Outcome;

/** Nothing of the body can be kept. Without a stack trace, because parsers throw it. */
final class UnusableBodyException extends Exception {
  private static final long serialVersionUID = 1;

  private final transient Outcome outcome;

  /**
   * @param outcome what is wrong with the body
   */
  UnusableBodyException(Outcome outcome) {
    super(outcome.toString(), null, false, false);
    this.outcome = outcome;
  }

  Outcome outcome() {
    return outcome;
  }
}
