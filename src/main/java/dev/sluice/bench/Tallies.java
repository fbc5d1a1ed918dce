package dev.sluice.bench;

/**
 * Chooses where a request is counted: in the run's tally, or, for the warm-up and the cool-down, in
 * one that is never read. Thread-safe.
 */
final class Tallies {
  private static final int SIGN = Long.SIZE - 1;

  private final long fromNanos;
  private final long lastNanos;
  private final Tally counted = new Tally();
  private final Tally[] byPhase = {counted, new Tally()};

  Tallies(BenchConfig.Load load) {
    this.fromNanos = load.warmupNanos();
    this.lastNanos = load.countedEndNanos() - 1;
  }

  /**
   * The tally for a moment on the run's clock.
   *
   * <p>Uses signs rather than comparisons: a branch that was never taken during the warm-up is left
   * out of the compiled code, which is then recompiled when the first request counts. On a machine
   * without a spare core this held up everything for a tenth of a second.
   */
  Tally at(long nanos) {
    return byPhase[(int) (((nanos - fromNanos) | (lastNanos - nanos)) >>> SIGN)];
  }

  /** The tally of the run itself. */
  Tally counted() {
    return counted;
  }
}
