package dev.sluice.migration.verify;

/**
 * A range of time as pieces that lanes read side by side: lane i has the pieces i, i + lanes, and
 * so on. Immutable.
 *
 * @param fromMicros first instant
 * @param toMicros end, exclusive
 * @param pieceMicros the length of each piece but the last
 * @param lanes at least 1
 */
record Pieces(long fromMicros, long toMicros, long pieceMicros, int lanes) {
  /** The range in one piece. */
  static Pieces whole(long fromMicros, long toMicros) {
    return new Pieces(fromMicros, toMicros, Math.max(1, toMicros - fromMicros), 1);
  }

  /** At least 1. */
  int count() {
    return (int) Math.max(1, Math.ceilDiv(toMicros - fromMicros, pieceMicros));
  }

  long from(int piece) {
    return fromMicros + piece * pieceMicros;
  }

  long to(int piece) {
    return Math.min(toMicros, from(piece) + pieceMicros);
  }
}
