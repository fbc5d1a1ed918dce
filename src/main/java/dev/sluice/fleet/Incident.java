package dev.sluice.fleet;

import java.util.Locale;

/**
 * Something of ours that causes rest on.
 *
 * @param fromMicros when it began, microseconds since the epoch
 * @param toMicros when it was over; {@link #OPEN} while it lasts
 * @param amount requests turned away, connections dropped, or microseconds, depending on the kind
 */
record Incident(Kind kind, long fromMicros, long toMicros, long amount) {
  static final long OPEN = Long.MAX_VALUE;

  private static final double SECOND = 1e6;

  /** What happened. */
  enum Kind {
    /** The process was not there, or not ready; the end is when it was ready again. */
    STOPPED("stopped"),
    /** Ingest answered "not now". */
    JOURNAL_FULL("journal-full"),
    /** Ingest turned a client away that was over a limit of its own. */
    OVER_LIMIT("over-limit"),
    /** The kernel dropped connections, because nobody accepted them in time. */
    ACCEPT_QUEUE("accept-queue-overflow"),
    /** The process stood still: a garbage collection, a host without time for it, a suspension. */
    PAUSE("pause"),
    /** The wall clock was set; the amount is how far, negative for back. */
    CLOCK_STEP("clock-step");

    private final String label;

    Kind(String label) {
      this.label = label;
    }

    /** Its name in answers and files. */
    String label() {
      return label;
    }
  }

  boolean isOpen() {
    return toMicros == OPEN;
  }

  boolean overlaps(long from, long to) {
    return fromMicros <= to && from <= toMicros;
  }

  long lengthMicros(long nowMicros) {
    return Math.max(0, (isOpen() ? nowMicros : toMicros) - fromMicros);
  }

  /** What an operator should know beside the times. */
  String detail() {
    return switch (kind) {
      case STOPPED -> "Sluice was not running, or not ready";
      case JOURNAL_FULL ->
          "ingest answered \"not now\" to " + amount + (amount == 1 ? " request" : " requests");
      case OVER_LIMIT ->
          "clients over a limit of their own were turned away, with "
              + amount
              + (amount == 1 ? " request" : " requests");
      case ACCEPT_QUEUE ->
          "the kernel dropped "
              + amount
              + (amount == 1 ? " connection" : " connections")
              + " to this machine: accept queue full";
      case PAUSE -> String.format(Locale.ROOT, "the process stood still for %.2f s", seconds());
      case CLOCK_STEP ->
          String.format(
              Locale.ROOT,
              "the clock was set %s by %.2f s",
              amount < 0 ? "back" : "forward",
              seconds());
    };
  }

  private double seconds() {
    return Math.abs(amount) / SECOND;
  }
}
