package dev.sluice.ingest.format;

import dev.sluice.reading.MemoryClaim;
import java.util.Arrays;

/**
 * Readings of one element or line whose device or time is not known yet, stored by column. Confined
 * to its parser, which reuses it.
 */
public final class PendingReadings {
  /** Marks a reading that does not have a time. */
  public static final long NO_TS = -1;

  /** Marks a reading whose own time cannot be stored, and which gets the time of receipt. */
  public static final long RECEIPT = -5;

  private static final int INITIAL = 16;
  private static final int RETAINED = 1024;

  /** Memory that one reading takes in all columns. */
  private static final int READING_BYTES = 25;

  private final MemoryClaim memory;

  private int[] name = new int[INITIAL];
  private int[] length = new int[INITIAL];
  private boolean[] plain = new boolean[INITIAL];
  private double[] value = new double[INITIAL];
  private long[] tsMicros = new long[INITIAL];
  private int count;

  /**
   * @param memory called with the number of additional bytes before memory grows; may throw
   */
  public PendingReadings(MemoryClaim memory) {
    this.memory = memory;
  }

  /** Forgets all readings but keeps the memory. */
  public void clear() {
    count = 0;
  }

  /** Forgets all readings, and drops the memory too after an unusually long element. */
  public void release() {
    count = 0;
    if (name.length > RETAINED) {
      allocate(INITIAL);
    }
  }

  public void add(int nameAt, int nameLength, boolean plainName, double number, long ts) {
    if (count == name.length) {
      memory.claim((long) count * READING_BYTES);
      allocate(count * 2);
    }
    name[count] = nameAt;
    length[count] = nameLength;
    plain[count] = plainName;
    value[count] = number;
    tsMicros[count] = ts;
    count++;
  }

  public int count() {
    return count;
  }

  /** Where the name is, in the terms of the parser that added it. */
  public int name(int i) {
    return name[i];
  }

  /** Length of the name, in bytes. */
  public int length(int i) {
    return length[i];
  }

  /** Whether the name is known to be printable ASCII. */
  public boolean plain(int i) {
    return plain[i];
  }

  public double value(int i) {
    return value[i];
  }

  /** {@link #NO_TS}, {@link #RECEIPT} or microseconds since the epoch. */
  public long tsMicros(int i) {
    return tsMicros[i];
  }

  private void allocate(int capacity) {
    name = Arrays.copyOf(name, capacity);
    length = Arrays.copyOf(length, capacity);
    plain = Arrays.copyOf(plain, capacity);
    value = Arrays.copyOf(value, capacity);
    tsMicros = Arrays.copyOf(tsMicros, capacity);
  }
}
