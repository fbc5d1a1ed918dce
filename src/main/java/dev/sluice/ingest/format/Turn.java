package dev.sluice.ingest.format;

/**
 * Lets other requests run while a large body is parsed: a parser never waits for anything, so it
 * would keep its processor until it is done. Parsers compare their current offset with that of the
 * next yield, which a body of usual size never reaches.
 */
public final class Turn {
  /** Bodies larger than this yield, and take turns with each other. */
  public static final int LARGE_BYTES = 256 * 1024;

  private static final int EVERY_BYTES = 64 * 1024;

  private Turn() {}

  /** The offset of the first yield in a body of bytes [from, to). */
  public static int first(int from, int to) {
    return to - from > LARGE_BYTES ? from + EVERY_BYTES : Integer.MAX_VALUE;
  }

  /** Yields; returns the offset of the next yield. */
  @SuppressWarnings("ThreadPriorityCheck") // waits for no lock: shares the carrier thread
  public static int next(int at) {
    Thread.yield();
    return at + EVERY_BYTES;
  }
}
