package dev.sluice.ingest.format;

import dev.sluice.reading.ReadingBuffer;

/**
 * A wire format, as ingest knows it. Made for one work area, whose remarks it counts in and whose
 * claim it asks before its memory grows. Confined to one request at a time and reusable.
 */
public interface Codec {
  /**
   * Parses bytes [0, length) of the body. What the claim throws is passed on, and leaves buffer and
   * rejections undefined.
   *
   * @param times the times that are accepted
   * @param into cleared, then filled
   * @param rejections cleared, then filled; what positions count is {@link #positionName()}
   */
  Outcome parse(byte[] body, int length, TsWindow times, ReadingBuffer into, Rejections rejections);

  /** What a position in a body of this format is called: {@code line} or {@code index}. */
  String positionName();
}
