package dev.sluice.migration;

import dev.sluice.reading.ReadingBatch;
import dev.sluice.reading.ReadingBuffer;

/** Removes readings from a batch. Stateless. */
public final class BatchFilter {
  private BatchFilter() {}

  /** Decides whether one reading of a batch is left out. */
  @FunctionalInterface
  public interface Test {
    boolean test(ReadingBatch batch, int i);
  }

  /**
   * Returns the readings that do not meet the test, in order; the batch itself if none meets it.
   */
  public static ReadingBatch without(ReadingBatch batch, Test leftOut) {
    int i = 0;
    while (i < batch.size() && !leftOut.test(batch, i)) {
      i++;
    }
    if (i == batch.size()) {
      return batch;
    }
    ReadingBuffer rest = new ReadingBuffer(64 << 10, Integer.MAX_VALUE - 8);
    for (int kept = 0; kept < batch.size(); kept++) {
      if (kept < i || (kept > i && !leftOut.test(batch, kept))) {
        add(rest, batch, kept);
      }
    }
    return decoded(rest, batch.firstOffset());
  }

  private static void add(ReadingBuffer rest, ReadingBatch batch, int i) {
    rest.add(
        batch.bytes(),
        batch.deviceAt(i),
        batch.deviceLength(i),
        batch.bytes(),
        batch.metricAt(i),
        batch.metricLength(i),
        batch.tsMicros(i),
        batch.value(i));
  }

  private static ReadingBatch decoded(ReadingBuffer buffer, long firstOffset) {
    ReadingBatch batch = new ReadingBatch();
    batch.clear(firstOffset);
    for (int chunk = 0; chunk < buffer.chunks(); chunk++) {
      int count = buffer.chunkCount(chunk);
      batch.decode(
          buffer.array(), buffer.chunkStart(chunk), buffer.chunkEnd(chunk), count, 0, count);
    }
    return batch;
  }
}
