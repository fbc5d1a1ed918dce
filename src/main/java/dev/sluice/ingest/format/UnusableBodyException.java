package dev.sluice.ingest.format;

/** Nothing of the body can be kept. Without a stack trace, because parsers throw it. */
public final class UnusableBodyException extends Exception {
  private static final long serialVersionUID = 1;

  private final transient Outcome outcome;

  /**
   * @param outcome what is wrong with the body
   */
  public UnusableBodyException(Outcome outcome) {
    super(outcome.toString(), null, false, false);
    this.outcome = outcome;
  }

  public Outcome outcome() {
    return outcome;
  }
}
