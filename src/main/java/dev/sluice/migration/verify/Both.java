package dev.sluice.migration.verify;

import dev.sluice.migration.Pulse;
import dev.sluice.migration.Pulse.CancelledException;
import dev.sluice.store.ReadingScan;
import dev.sluice.store.ReadingSource.UnavailableException;

/**
 * Both stores, streamed over one range of time and compared part by part. Confined to one thread.
 */
final class Both implements AutoCloseable {
  private static final long NOWHERE = Long.MAX_VALUE;

  final Head left;
  final Head right;
  private final long endMicros;

  /** Everything before this has been compared; nowhere during a comparison. */
  private long atMicros;

  private Both(Head left, Head right, long fromMicros, long endMicros) {
    this.left = left;
    this.right = right;
    this.atMicros = fromMicros;
    this.endMicros = endMicros;
  }

  /**
   * Opens both, each at its first reading.
   *
   * @param pieces for a store that takes several lanes
   */
  static Both open(ReadingScan left, ReadingScan right, Pieces pieces, Pulse pulse)
      throws UnavailableException, CancelledException {
    Head a = open(left, pieces, pulse);
    boolean opened = false;
    try {
      Head b = open(right, pieces, pulse);
      try {
        a.advance();
        b.advance();
        opened = true;
        return new Both(a, b, pieces.fromMicros(), pieces.toMicros());
      } finally {
        if (!opened) {
          b.close();
        }
      }
    } finally {
      if (!opened) {
        a.close();
      }
    }
  }

  private static Head open(ReadingScan scan, Pieces pieces, Pulse pulse)
      throws UnavailableException {
    int lanes = scan.lanes();
    return Head.open(
        scan,
        lanes == 1
            ? Pieces.whole(pieces.fromMicros(), pieces.toMicros())
            : new Pieces(pieces.fromMicros(), pieces.toMicros(), pieces.pieceMicros(), lanes),
        pulse);
  }

  /** Whether these readings can be compared next. */
  boolean reaches(long fromMicros, long toMicros) {
    return isAt(fromMicros) && toMicros <= endMicros;
  }

  /** Whether the next reading at or after this instant is the current one, if there is any. */
  boolean isAt(long micros) {
    return atMicros <= micros && micros < endMicros && tsMicros() >= micros;
  }

  /** The earlier ts of the two current readings. */
  long tsMicros() {
    return Math.min(left.tsMicros(), right.tsMicros());
  }

  /** Readings of either store that were reached so far. */
  long rows() {
    return Math.max(left.rows(), right.rows());
  }

  /** A comparison begins: unless {@link #compared} is called at its end, this is of no more use. */
  void comparing() {
    atMicros = NOWHERE;
  }

  void compared(long toMicros) {
    atMicros = toMicros;
  }

  /** Ends both streams; returns once they are closed. */
  @Override
  public void close() {
    left.stop();
    right.close();
    left.close();
  }
}
