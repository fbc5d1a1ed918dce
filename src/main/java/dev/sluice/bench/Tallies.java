package dev.sluice.bench;

/**
 * Where a request is counted: in the run's tally, or in one that nobody reads when it belongs to
 * the warm-up or the cool-down. Thread-safe.
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
   * The tally of a moment, which is on the run's clock.
   *
   * <p>By signs and not by comparisons: a branch that the whole warm-up never took is left out of
   * the compiled code, and all of that is compiled anew when the first request counts. On a machine
   * without a core to spare this held up everything for a tenth of a second.
   */
  Tally at(long nanos) {
    return byPhase[(int) (((nanos - fromNanos) | (lastNanos - nanos)) >>> SIGN)];
  }

  /** The run's. */
  Tally counted() {
    return counted;
  }
}
