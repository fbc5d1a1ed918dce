package dev.sluice.store.mysql;

import dev.sluice.reading.ReadingBatch;
import java.util.Arrays;

/**
 * Splits a batch into lanes that may be written in parallel: all readings of a device go to one
 * lane, in journal order, so the order per identity holds whatever the lanes' timing. Confined to
 * the delivery thread while splitting; lanes only read.
 */
final class Lanes {
  private int[] rows = new int[0];
  private int[] laneOf = new int[0];
  private int[] starts = new int[2];
  private int count;

  /** Splits into at most {@code lanes}; some may be empty. */
  void split(ReadingBatch batch, int lanes) {
    int size = batch.size();
    count = lanes;
    if (rows.length < size) {
      rows = new int[size];
      laneOf = new int[size];
    }
    starts = new int[lanes + 1];
    for (int i = 0; i < size; i++) {
      laneOf[i] = lane(batch, i, lanes);
      starts[laneOf[i] + 1]++;
    }
    for (int lane = 0; lane < lanes; lane++) {
      starts[lane + 1] += starts[lane];
    }
    int[] next = Arrays.copyOf(starts, lanes);
    for (int i = 0; i < size; i++) {
      rows[next[laneOf[i]]++] = i;
    }
  }

  int count() {
    return count;
  }

  /** Indexes into the batch, lane after lane. */
  int[] rows() {
    return rows;
  }

  /** First position of a lane in {@link #rows()}; the next lane starts where it ends. */
  int start(int lane) {
    return starts[lane];
  }

  private static int lane(ReadingBatch batch, int i, int lanes) {
    byte[] bytes = batch.bytes();
    int at = batch.deviceAt(i);
    int end = at + batch.deviceLength(i);
    int hash = 0;
    for (int b = at; b < end; b++) {
      hash = 31 * hash + bytes[b];
    }
    // Ids differ in their last digits; spread that over the bits that the remainder uses.
    return Integer.remainderUnsigned((hash * 0x9e3779b9) >>> 8, lanes);
  }
}
