package dev.sluice.migration;

/** Work on the stores ended early; what was done remains done. */
public abstract sealed class UnfinishedException extends Exception
    permits Pulse.CancelledException, CatchUp.BehindException {
  private static final long serialVersionUID = 1;

  UnfinishedException(String message) {
    super(message);
  }
}
