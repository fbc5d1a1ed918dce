package dev.sluice.migration;

/** Receives the progress of a run, and throws to cancel it. */
@FunctionalInterface
public interface Pulse {
  /**
   * Reports progress.
   *
   * @param rows rows compared since the last call; 0 while waiting
   * @throws CancelledException if the run must stop
   */
  void beat(long rows) throws CancelledException;

  /** The run was asked to stop. */
  final class CancelledException extends UnfinishedException {
    private static final long serialVersionUID = 1;

    public CancelledException() {
      super("cancelled");
    }
  }
}
