package dev.sluice.reading;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Consecutive readings decoded from the journal, column by column: what a sink is given. Confined
 * to one thread at a time; a reader refills the same batch again and again.
 *
 * <p>Names are spans of {@link #bytes()}; readings that share a name share its span. Reading {@code
 * i} has the journal offset {@code firstOffset() + i}. The arrays behind the columns are longer
 * than the batch: only indexes below {@link #size()} count.
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
   * Decodes one chunk as {@link ReadingBuffer} wrote it, behind what is already there.
   *
   * @param skip readings at its start to leave out
   * @param limit most readings to take after those
   * @return readings taken
   * @throws IllegalArgumentException when the bytes are not {@code count} readings
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

  /** Appends one reading given as text; for tests and control readings, not for load. */
  public void add(Reading reading) {
    ReadingBuffer one = new ReadingBuffer(512, 512);
    one.add(reading);
    decode(one.array(), 0, one.length(), 1, 0, 1);
  }

  /**
   * Appends one reading whose names are UTF-8; for load. Checks nothing: the names must be those
   * {@link Reading#isName} allows.
   */
  public void add(byte[] deviceName, byte[] metricName, long ts, double number) {
    reserve(1, deviceName.length + metricName.length);
    deviceAt[size] = span(deviceName, deviceAt, deviceLength);
    deviceLength[size] = (byte) deviceName.length;
    metricAt[size] = span(metricName, metricAt, metricLength);
    metricLength[size] = (byte) metricName.length;
    tsMicros[size] = ts;
    value[size] = number;
    size++;
  }

  /** Where the name stands: where it does in the reading before, if that has the same. */
  private int span(byte[] name, int[] at, byte[] length) {
    if (size > 0 && (length[size - 1] & 0xff) == name.length) {
      int last = at[size - 1];
      if (Arrays.equals(bytes, last, last + name.length, name, 0, name.length)) {
        return last;
      }
    }
    System.arraycopy(name, 0, bytes, bytesUsed, name.length);
    bytesUsed += name.length;
    return bytesUsed - name.length;
  }

  /**
   * Readings [from, to), with their offsets. Shares the names' memory, which may be tens of
   * megabytes: valid until this batch is refilled, and not to be added to.
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

  public int size() {
    return size;
  }

  /** Journal offset of reading 0. */
  public long firstOffset() {
    return firstOffset;
  }

  /** Journal offset behind the last reading. */
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

  /** The memory all name spans point into. */
  public byte[] bytes() {
    return bytes;
  }

  public int deviceAt(int i) {
    return deviceAt[i];
  }

  /** Bytes of UTF-8. */
  public int deviceLength(int i) {
    return deviceLength[i] & 0xff;
  }

  public int metricAt(int i) {
    return metricAt[i];
  }

  /** Bytes of UTF-8. */
  public int metricLength(int i) {
    return metricLength[i] & 0xff;
  }

  /** Encoded bytes held; what a reader bounds a batch by. */
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
