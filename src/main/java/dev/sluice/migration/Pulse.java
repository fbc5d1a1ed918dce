package dev.sluice.migration;

/** Told of every bit of progress; how a run that shall end is ended. */
@FunctionalInterface
public interface Pulse {
  /**
   * Work goes on.
   *
   * @param rows compared since the last call; 0 while waiting
   * @throws CancelledException when the work shall end
   */
  void beat(long rows) throws CancelledException;

  /** The work was asked to end. */
  final class CancelledException extends UnfinishedException {
    private static final long serialVersionUID = 1;

    public CancelledException() {
      super("cancelled");
    }
  }
}
