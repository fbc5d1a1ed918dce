package dev.sluice.migration;

/** Work on the stores ended before it was done; what was done stays done. */
public abstract sealed class UnfinishedException extends Exception
    permits Pulse.CancelledException, Settling.UnsettledException {
  private static final long serialVersionUID = 1;

  UnfinishedException(String message) {
    super(message);
  }
}
