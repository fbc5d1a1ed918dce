package dev.sluice.store.questdb;

import dev.sluice.reading.ReadingBatch;
import java.util.Arrays;

/**
 * Computes the order in which a batch is written: by ts, and readings of the same ts in journal
 * order, so that of two with the same identity the later one stays later. QuestDB applies commits
 * that are in order of ts many times faster than others. A radix sort, from the lowest digit of the
 * distance to the earliest ts, over reused arrays: the readings of one second need two passes,
 * those of a year five. Confined to one thread.
 */
public final class TimeOrder {
  private static final int DIGIT_BITS = 11;
  private static final int DIGITS = 1 << DIGIT_BITS;

  private final int[] places = new int[DIGITS];
  private int[] rows = new int[0];
  private long[] keys = new long[0];
  private int[] spareRows = new int[0];
  private long[] spareKeys = new long[0];

  /** Indexes into the batch, valid up to its size until the next call. */
  public int[] of(ReadingBatch batch) {
    int size = batch.size();
    reserve(size);
    boolean sorted = true;
    long earliest = Long.MAX_VALUE;
    long latest = Long.MIN_VALUE;
    for (int i = 0; i < size; i++) {
      long key = batch.tsMicros(i);
      rows[i] = i;
      keys[i] = key;
      sorted &= key >= latest;
      earliest = Math.min(earliest, key);
      latest = Math.max(latest, key);
    }
    if (!sorted) {
      sort(size, earliest, latest);
    }
    return rows;
  }

  private void sort(int size, long earliest, long latest) {
    int bits = Long.SIZE - Long.numberOfLeadingZeros(latest - earliest);
    for (int shift = 0; shift < bits; shift += DIGIT_BITS) {
      distribute(size, earliest, shift);
      swap();
    }
  }

  /**
   * Distributes by one digit into the spare arrays; entries with the same digit keep their order.
   */
  private void distribute(int size, long earliest, int shift) {
    Arrays.fill(places, 0);
    for (int i = 0; i < size; i++) {
      places[digit(keys[i] - earliest, shift)]++;
    }
    int place = 0;
    for (int digit = 0; digit < DIGITS; digit++) {
      int count = places[digit];
      places[digit] = place;
      place += count;
    }
    for (int i = 0; i < size; i++) {
      int to = places[digit(keys[i] - earliest, shift)]++;
      spareKeys[to] = keys[i];
      spareRows[to] = rows[i];
    }
  }

  private static int digit(long distance, int shift) {
    return (int) (distance >>> shift) & (DIGITS - 1);
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
