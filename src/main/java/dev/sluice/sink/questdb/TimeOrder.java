package dev.sluice.sink.questdb;

import dev.sluice.reading.ReadingBatch;

/**
 * The order in which a batch is written: by ts, and readings of one ts in journal order, so that
 * the later of one identity stays the later. QuestDB applies commits in order of ts many times
 * faster than others. A stable merge sort over reused arrays; confined to one thread.
 */
final class TimeOrder {
  private static final int RUN = 16;

  private int[] rows = new int[0];
  private long[] keys = new long[0];
  private int[] spareRows = new int[0];
  private long[] spareKeys = new long[0];

  /** Indexes into the batch, valid up to its size until the next call. */
  int[] of(ReadingBatch batch) {
    int size = batch.size();
    reserve(size);
    boolean sorted = true;
    for (int i = 0; i < size; i++) {
      rows[i] = i;
      keys[i] = batch.tsMicros(i);
      sorted &= i == 0 || keys[i - 1] <= keys[i];
    }
    if (!sorted) {
      sort(size);
    }
    return rows;
  }

  private void sort(int size) {
    for (int from = 0; from < size; from += RUN) {
      insertionSort(from, Math.min(from + RUN, size));
    }
    for (int width = RUN; width < size; width *= 2) {
      for (int from = 0; from < size; from += 2 * width) {
        merge(from, Math.min(from + width, size), Math.min(from + 2 * width, size));
      }
      swap();
    }
  }

  private void insertionSort(int from, int to) {
    for (int i = from + 1; i < to; i++) {
      long key = keys[i];
      int row = rows[i];
      int at = i;
      for (; at > from && keys[at - 1] > key; at--) {
        keys[at] = keys[at - 1];
        rows[at] = rows[at - 1];
      }
      keys[at] = key;
      rows[at] = row;
    }
  }

  /** Merges [from, middle) and [middle, to) into the spare arrays; the left wins a tie. */
  private void merge(int from, int middle, int to) {
    int left = from;
    int right = middle;
    for (int at = from; at < to; at++) {
      boolean takeLeft = right == to || (left < middle && keys[left] <= keys[right]);
      int taken = takeLeft ? left++ : right++;
      spareKeys[at] = keys[taken];
      spareRows[at] = rows[taken];
    }
  }

  private void swap() {
    long[] oldKeys = keys;
    keys = spareKeys;
    spareKeys = oldKeys;
    int[] oldRows = rows;
    rows = spareRows;
    spareRows = oldRows;
  }

  private void reserve(int size) {
    if (size > rows.length) {
      rows = new int[size];
      keys = new long[size];
      spareRows = new int[size];
      spareKeys = new long[size];
    }
  }
}
