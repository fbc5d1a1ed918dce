package dev.sluice.journal.disk;

import dev.sluice.reading.ReadingBatch;
import dev.sluice.reading.ReadingBuffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Frames with what they need around them, one call a request. */
final class FrameHarness {
  private static final long MICROS = 1_795_300_000_000_000L;

  private final Frame frame = new Frame();
  private final ByteBuffer staging =
      ByteBuffer.allocate(2 * Frame.MAX_BYTES).order(ByteOrder.LITTLE_ENDIAN);

  /** Checksums and frames of a request's readings, as the writer stages them; returns the bytes. */
  int encode(ReadingBuffer readings) {
    PendingAppend append = new PendingAppend(readings);
    staging.clear();
    long offset = 0;
    for (int i = 0; i < readings.chunks(); i++) {
      int from = readings.chunkStart(i);
      int bytes = readings.chunkEnd(i) - from;
      int count = readings.chunkCount(i);
      frame.put(staging, bytes, count, append.payloadCrc(i), offset, MICROS);
      staging.put(readings.array(), from, bytes);
      offset += count;
    }
    return staging.position();
  }

  /** Checks what {@link #encode} staged and decodes it behind what the batch holds. */
  void decode(ReadingBatch batch) {
    byte[] bytes = staging.array();
    int at = 0;
    while (at < staging.position()) {
      if (!frame.parse(bytes, at) || !frame.matches(bytes, at + Frame.HEADER_BYTES)) {
        throw new AssertionError("no frame at byte " + at);
      }
      int from = at + Frame.HEADER_BYTES;
      at += frame.bytes();
      batch.decode(bytes, from, at, frame.count(), 0, frame.count());
    }
  }
}
