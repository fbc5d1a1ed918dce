package dev.sluice.reading;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Consecutive readings decoded from the journal, stored by column: the form in which sinks receive
 * them. Confined to one thread at a time; a reader refills the same batch repeatedly.
 *
 * <p>Names are spans of {@link #bytes()}; readings that share a name share its span. Reading {@code
 * i} has the journal offset {@code firstOffset() + i}. The arrays behind the columns may be longer
 * than the batch: only indexes below {@link #size()} are valid.
 */
public final class ReadingBatch {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle DOUBLE =
      MethodHandles.byteArrayViewVarHandle(double[].class, ByteOrder.LITTLE_ENDIAN);

  private long firstOffset;
  private int size;
  private long[] tsMicros = new long[0];
  private double[] value = new double[0];
  private int[] deviceAt = new int[0];
  private int[] metricAt = new int[0];
  private byte[] deviceLength = new byte[0];
  private byte[] metricLength = new byte[0];
  private byte[] bytes = new byte[0];
  private int bytesUsed;

  /** Empties the batch; the next reading decoded into it has this journal offset. */
  public void clear(long offset) {
    firstOffset = offset;
    size = 0;
    bytesUsed = 0;
  }

  /**
   * Decodes one chunk written by {@link ReadingBuffer} and appends its readings.
   *
   * @param skip number of readings to leave out at the start of the chunk
   * @param limit maximum number of readings to take after those
   * @return number of readings taken
   * @throws IllegalArgumentException if the bytes are not {@code count} readings
   */
  public int decode(byte[] chunk, int from, int to, int count, int skip, int limit) {
    int base = bytesUsed;
    int take = Math.min(limit, count - skip);
    reserve(take, to - from);
    System.arraycopy(chunk, from, bytes, base, to - from);
    bytesUsed = base + to - from;
    int at = base;
    int device = 0;
    int deviceBytes = 0;
    int metric = 0;
    int metricBytes = 0;
    for (int i = 0; i < skip + take; i++) {
      if (at + ReadingBuffer.FIXED_BYTES > bytesUsed) {
        throw malformed(i, count);
      }
      int newDevice = bytes[at] & 0xff;
      int newMetric = bytes[at + 1] & 0xff;
      int names = at + ReadingBuffer.FIXED_BYTES;
      if (newDevice != 0) {
        device = names;
        deviceBytes = newDevice;
      }
      if (newMetric != 0) {
        metric = names + newDevice;
        metricBytes = newMetric;
      }
      int next = names + newDevice + newMetric;
      if (next > bytesUsed || deviceBytes == 0 || metricBytes == 0) {
        throw malformed(i, count);
      }
      if (i >= skip) {
        tsMicros[size] = (long) LONG.get(bytes, at + 2);
        value[size] = (double) DOUBLE.get(bytes, at + 10);
        deviceAt[size] = device;
        deviceLength[size] = (byte) deviceBytes;
        metricAt[size] = metric;
        metricLength[size] = (byte) metricBytes;
        size++;
      }
      at = next;
    }
    return take;
  }

  /**
   * Appends one reading given as text. Meant for tests and control readings, not for the hot path.
   */
  public void add(Reading reading) {
    ReadingBuffer one = new ReadingBuffer(512, 512);
    one.add(reading);
    decode(one.array(), 0, one.length(), 1, 0, 1);
  }

  /**
   * Appends one reading whose names are UTF-8; fast enough for the hot path. Checks nothing: the
   * names must satisfy {@link Reading#isDevice} and {@link Reading#isMetric}.
   */
  public void add(byte[] deviceName, byte[] metricName, long ts, double number) {
    reserve(1, deviceName.length + metricName.length);
    deviceAt[size] = span(deviceName, 0, deviceName.length, deviceAt, deviceLength);
    deviceLength[size] = (byte) deviceName.length;
    metricAt[size] = span(metricName, 0, metricName.length, metricAt, metricLength);
    metricLength[size] = (byte) metricName.length;
    tsMicros[size] = ts;
    value[size] = number;
    size++;
  }

  /** Appends reading {@code i} of another batch; fast enough for the hot path. */
  public void add(ReadingBatch other, int i) {
    int deviceBytes = other.deviceLength(i);
    int metricBytes = other.metricLength(i);
    reserve(1, deviceBytes + metricBytes);
    deviceAt[size] = span(other.bytes, other.deviceAt[i], deviceBytes, deviceAt, deviceLength);
    deviceLength[size] = (byte) deviceBytes;
    metricAt[size] = span(other.bytes, other.metricAt[i], metricBytes, metricAt, metricLength);
    metricLength[size] = (byte) metricBytes;
    tsMicros[size] = other.tsMicros[i];
    value[size] = other.value[i];
    size++;
  }

  /** Returns where the name is, reusing the previous reading's span if that has the same name. */
  private int span(byte[] name, int from, int bytesLong, int[] at, byte[] length) {
    if (size > 0 && (length[size - 1] & 0xff) == bytesLong) {
      int last = at[size - 1];
      if (Arrays.equals(bytes, last, last + bytesLong, name, from, from + bytesLong)) {
        return last;
      }
    }
    System.arraycopy(name, from, bytes, bytesUsed, bytesLong);
    bytesUsed += bytesLong;
    return bytesUsed - bytesLong;
  }

  /**
   * Returns readings [from, to) with their offsets. The part shares the memory of the names, which
   * may be tens of megabytes: it is valid until this batch is refilled, and must not be added to.
   */
  public ReadingBatch part(int from, int to) {
    ReadingBatch part = new ReadingBatch();
    part.firstOffset = firstOffset + from;
    part.size = to - from;
    part.tsMicros = Arrays.copyOfRange(tsMicros, from, to);
    part.value = Arrays.copyOfRange(value, from, to);
    part.deviceAt = Arrays.copyOfRange(deviceAt, from, to);
    part.metricAt = Arrays.copyOfRange(metricAt, from, to);
    part.deviceLength = Arrays.copyOfRange(deviceLength, from, to);
    part.metricLength = Arrays.copyOfRange(metricLength, from, to);
    part.bytes = bytes;
    part.bytesUsed = bytesUsed;
    return part;
  }

  /**
   * Moves the readings after this ts to the end of another batch, in order; the others close up.
   * From then on, an index into this batch no longer tells a journal offset.
   *
   * @return the index that the first of them had, or the size if there is none
   */
  public int moveLater(long tsLimit, ReadingBatch to) {
    int first = 0;
    while (first < size && tsMicros[first] <= tsLimit) {
      first++;
    }
    int left = first;
    for (int i = first; i < size; i++) {
      if (tsMicros[i] > tsLimit) {
        to.add(this, i);
      } else {
        set(left++, this, i, 0);
      }
    }
    size = left;
    return first;
  }

  /**
   * Puts all readings of another batch in front of these. From then on, an index into this batch no
   * longer tells a journal offset.
   */
  public void addFirst(ReadingBatch others) {
    int count = others.size;
    reserve(count, others.bytesUsed);
    System.arraycopy(tsMicros, 0, tsMicros, count, size);
    System.arraycopy(value, 0, value, count, size);
    System.arraycopy(deviceAt, 0, deviceAt, count, size);
    System.arraycopy(metricAt, 0, metricAt, count, size);
    System.arraycopy(deviceLength, 0, deviceLength, count, size);
    System.arraycopy(metricLength, 0, metricLength, count, size);
    System.arraycopy(others.bytes, 0, bytes, bytesUsed, others.bytesUsed);
    for (int i = 0; i < count; i++) {
      set(i, others, i, bytesUsed);
    }
    size += count;
    bytesUsed += others.bytesUsed;
  }

  /** Sets reading {@code i} to another, whose names begin {@code shift} bytes further on here. */
  private void set(int i, ReadingBatch from, int other, int shift) {
    tsMicros[i] = from.tsMicros[other];
    value[i] = from.value[other];
    deviceAt[i] = from.deviceAt[other] + shift;
    metricAt[i] = from.metricAt[other] + shift;
    deviceLength[i] = from.deviceLength[other];
    metricLength[i] = from.metricLength[other];
  }

  public int size() {
    return size;
  }

  /** Gives reading 0 this offset, and the others those behind it. */
  public void countFrom(long offset) {
    firstOffset = offset;
  }

  /** Journal offset of reading 0. */
  public long firstOffset() {
    return firstOffset;
  }

  /** Journal offset just after the last reading. */
  public long nextOffset() {
    return firstOffset + size;
  }

  /** Microseconds since the Unix epoch, UTC. */
  public long tsMicros(int i) {
    return tsMicros[i];
  }

  public double value(int i) {
    return value[i];
  }

  /** The memory that all name spans point into. */
  public byte[] bytes() {
    return bytes;
  }

  public int deviceAt(int i) {
    return deviceAt[i];
  }

  /** Length of the device, in bytes of UTF-8. */
  public int deviceLength(int i) {
    return deviceLength[i] & 0xff;
  }

  public int metricAt(int i) {
    return metricAt[i];
  }

  /** Length of the metric, in bytes of UTF-8. */
  public int metricLength(int i) {
    return metricLength[i] & 0xff;
  }

  /** Encoded bytes held; a reader limits the size of a batch by this. */
  public int bytesUsed() {
    return bytesUsed;
  }

  /** Reading {@code i} as text; allocates. */
  public Reading reading(int i) {
    return new Reading(
        new String(bytes, deviceAt[i], deviceLength(i), StandardCharsets.UTF_8),
        new String(bytes, metricAt[i], metricLength(i), StandardCharsets.UTF_8),
        tsMicros[i],
        value[i]);
  }

  private void reserve(int readings, int more) {
    int wanted = size + readings;
    if (wanted > tsMicros.length) {
      int capacity = Math.max(wanted, tsMicros.length + Math.min(tsMicros.length, 1 << 20));
      tsMicros = Arrays.copyOf(tsMicros, capacity);
      value = Arrays.copyOf(value, capacity);
      deviceAt = Arrays.copyOf(deviceAt, capacity);
      metricAt = Arrays.copyOf(metricAt, capacity);
      deviceLength = Arrays.copyOf(deviceLength, capacity);
      metricLength = Arrays.copyOf(metricLength, capacity);
    }
    if (bytesUsed + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(bytesUsed + more, bytes.length * 2));
    }
  }

  private static IllegalArgumentException malformed(int index, int count) {
    return new IllegalArgumentException(
        "reading " + index + " of " + count + " in this chunk is malformed");
  }
}
