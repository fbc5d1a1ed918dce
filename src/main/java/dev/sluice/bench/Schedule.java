package dev.sluice.bench;

/**
 * When each request is due, in nanoseconds from the start of the warm-up. All connections together
 * send one request every {@code 1/rate} seconds, each in its turn; whether a request belongs to the
 * run, and whether it counts, depends on its turn before jitter moves it, so that jitter does not
 * change any count. Immutable.
 */
final class Schedule {
  private static final double NANOS = 1e9;

  private final double nanosPerTurn;
  private final double jitterNanos;
  private final long endNanos;

  Schedule(double rate, double jitter, int connections, BenchConfig.Load load) {
    this.nanosPerTurn = NANOS / rate;
    this.jitterNanos = jitter * connections * nanosPerTurn;
    this.endNanos = load.endNanos();
  }

  /**
   * When the turn's request is due. Jitter adds less than the time between two turns of a
   * connection, so a connection never overtakes itself.
   *
   * @param random in [0, 1)
   */
  long dueNanos(long turn, double random) {
    return turnNanos(turn) + (long) (jitterNanos * random);
  }

  boolean has(long turn) {
    return turnNanos(turn) < endNanos;
  }

  /** When the turn is, before jitter moves it. */
  long turnNanos(long turn) {
    return (long) (turn * nanosPerTurn);
  }
}
