package dev.sluice.reading;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Readings of one request in encoded form, as the parsers write them and the journal's frames carry
 * them. Confined to one thread at a time; reusable after {@link #clear()}.
 *
 * <p>Encoding, little-endian, 18 bytes followed by the names: {@code u8 deviceLength, u8
 * metricLength, i64 tsMicros, f64 value, device bytes, metric bytes}. A length of 0 means "same as
 * in the previous reading", so a document with many metrics of one device does not repeat it.
 *
 * <p>The bytes are cut into chunks of at most {@link #CHUNK_BYTES}. Each chunk is self-contained
 * (its first reading spells out both names) and becomes one frame.
 */
public final class ReadingBuffer {
  /** Maximum size of a chunk, in bytes. */
  public static final int CHUNK_BYTES = 256 * 1024;

  static final int FIXED_BYTES = 18;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle DOUBLE =
      MethodHandles.byteArrayViewVarHandle(double[].class, ByteOrder.LITTLE_ENDIAN);

  private final int maxBytes;
  private final MemoryClaim memory;
  private byte[] bytes;
  private int length;
  private int count;
  private long leastTs = Long.MAX_VALUE;
  private long greatestTs = Long.MIN_VALUE;

  /**
   * Chunk i spans bytes [chunkStart[i], chunkStart[i + 1]) and starts with reading chunkFirst[i].
   */
  private int[] chunkStart = new int[4];

  private int[] chunkFirst = new int[4];
  private int chunks;

  private int deviceAt;
  private int deviceLength;
  private int metricAt;
  private int metricLength;

  /**
   * @param initialBytes first allocation
   * @param maxBytes size up to which {@link #add} may grow the encoded form
   */
  public ReadingBuffer(int initialBytes, int maxBytes) {
    this(initialBytes, maxBytes, MemoryClaim.UNLIMITED);
  }

  /**
   * @param initialBytes first allocation
   * @param maxBytes size up to which {@link #add} may grow the encoded form
   * @param memory asked before the memory grows; what it throws is thrown by {@link #add}, which
   *     then has changed nothing
   */
  public ReadingBuffer(int initialBytes, int maxBytes, MemoryClaim memory) {
    if (initialBytes < 1 || maxBytes < initialBytes) {
      throw new IllegalArgumentException(
          "initialBytes " + initialBytes + " must be in 1..maxBytes " + maxBytes);
    }
    this.bytes = new byte[initialBytes];
    this.maxBytes = maxBytes;
    this.memory = memory;
  }

  /**
   * Appends one reading, which the caller has checked against the rules of {@link Reading}.
   *
   * @return false, with nothing changed, if the buffer would exceed its maximum
   */
  public boolean add(
      byte[] device,
      int deviceFrom,
      int deviceBytes,
      byte[] metric,
      int metricFrom,
      int metricBytes,
      long tsMicros,
      double value) {
    boolean sameDevice = same(device, deviceFrom, deviceBytes, deviceAt, deviceLength);
    boolean sameMetric = same(metric, metricFrom, metricBytes, metricAt, metricLength);
    int need = FIXED_BYTES + (sameDevice ? 0 : deviceBytes) + (sameMetric ? 0 : metricBytes);
    boolean cut = chunks == 0 || length + need - chunkStart[chunks - 1] > CHUNK_BYTES;
    if (cut) {
      sameDevice = false;
      sameMetric = false;
      need = FIXED_BYTES + deviceBytes + metricBytes;
    }
    if (!ensure(need)) {
      return false;
    }
    if (cut) {
      startChunk();
    }
    int at = length;
    bytes[at] = (byte) (sameDevice ? 0 : deviceBytes);
    bytes[at + 1] = (byte) (sameMetric ? 0 : metricBytes);
    LONG.set(bytes, at + 2, tsMicros);
    leastTs = Math.min(leastTs, tsMicros);
    greatestTs = Math.max(greatestTs, tsMicros);
    DOUBLE.set(bytes, at + 10, value);
    at += FIXED_BYTES;
    if (!sameDevice) {
      System.arraycopy(device, deviceFrom, bytes, at, deviceBytes);
      deviceAt = at;
      deviceLength = deviceBytes;
      at += deviceBytes;
    }
    if (!sameMetric) {
      System.arraycopy(metric, metricFrom, bytes, at, metricBytes);
      metricAt = at;
      metricLength = metricBytes;
      at += metricBytes;
    }
    length = at;
    count++;
    return true;
  }

  /**
   * Appends one checked reading given as text. Meant for tests and control readings, not for the
   * hot path.
   */
  public boolean add(Reading reading) {
    byte[] device = reading.device().getBytes(java.nio.charset.StandardCharsets.UTF_8);
    byte[] metric = reading.metric().getBytes(java.nio.charset.StandardCharsets.UTF_8);
    return add(
        device, 0, device.length, metric, 0, metric.length, reading.tsMicros(), reading.value());
  }

  /**
   * Appends all readings of another buffer.
   *
   * @return false if the buffer would exceed its maximum; some may have been appended then
   */
  public boolean addAll(ReadingBuffer other) {
    return other.forEach((from, device, deviceBytes, metric, metricBytes, tsMicros, value) ->
        add(from, device, deviceBytes, from, metric, metricBytes, tsMicros, value));
  }

  /** Forgets all readings but keeps the memory. */
  public void clear() {
    length = 0;
    count = 0;
    chunks = 0;
    deviceLength = 0;
    metricLength = 0;
    leastTs = Long.MAX_VALUE;
    greatestTs = Long.MIN_VALUE;
  }

  /** Timestamp of the oldest reading; {@link Long#MAX_VALUE} if there is none. */
  public long leastTsMicros() {
    return leastTs;
  }

  /** Timestamp of the newest reading; {@link Long#MIN_VALUE} if there is none. */
  public long greatestTsMicros() {
    return greatestTs;
  }

  /** What is told of each reading; the names are spans of {@code bytes}. */
  @FunctionalInterface
  public interface Each {
    /** Returns whether to go on to the next reading. */
    boolean reading(
        byte[] bytes,
        int deviceAt,
        int deviceLength,
        int metricAt,
        int metricLength,
        long tsMicros,
        double value);
  }

  /**
   * Passes the readings, in the order of appending, until {@code each} has enough. Those of a
   * device may share its span.
   *
   * @return whether all were passed, and none ended it
   */
  public boolean forEach(Each each) {
    int device = 0;
    int deviceBytes = 0;
    int metric = 0;
    int metricBytes = 0;
    for (int at = 0; at < length; ) {
      int newDevice = bytes[at] & 0xff;
      int newMetric = bytes[at + 1] & 0xff;
      int names = at + FIXED_BYTES;
      if (newDevice != 0) {
        device = names;
        deviceBytes = newDevice;
      }
      if (newMetric != 0) {
        metric = names + newDevice;
        metricBytes = newMetric;
      }
      if (!each.reading(
          bytes,
          device,
          deviceBytes,
          metric,
          metricBytes,
          (long) LONG.get(bytes, at + 2),
          (double) DOUBLE.get(bytes, at + 10))) {
        return false;
      }
      at = names + newDevice + newMetric;
    }
    return true;
  }

  public int count() {
    return count;
  }

  /** Encoded size of all readings in bytes. */
  public int length() {
    return length;
  }

  /** Memory held, in bytes; a pool checks this before it keeps a buffer. */
  public int capacity() {
    return bytes.length;
  }

  /** The encoded bytes, valid up to {@link #length()} until the buffer next changes. */
  public byte[] array() {
    return bytes;
  }

  public int chunks() {
    return chunks;
  }

  public int chunkStart(int chunk) {
    return chunkStart[chunk];
  }

  public int chunkEnd(int chunk) {
    return chunk + 1 < chunks ? chunkStart[chunk + 1] : length;
  }

  /** Number of readings in one chunk. */
  public int chunkCount(int chunk) {
    return (chunk + 1 < chunks ? chunkFirst[chunk + 1] : count) - chunkFirst[chunk];
  }

  private boolean same(byte[] name, int from, int size, int lastAt, int lastSize) {
    return size == lastSize
        && Arrays.equals(name, from, from + size, bytes, lastAt, lastAt + lastSize);
  }

  private void startChunk() {
    if (chunks == chunkStart.length) {
      chunkStart = Arrays.copyOf(chunkStart, chunks * 2);
      chunkFirst = Arrays.copyOf(chunkFirst, chunks * 2);
    }
    chunkStart[chunks] = length;
    chunkFirst[chunks] = count;
    chunks++;
  }

  private boolean ensure(int need) {
    long wanted = (long) length + need;
    if (wanted > maxBytes) {
      return false;
    }
    if (wanted > bytes.length) {
      int size = (int) Math.min(maxBytes, Math.max(wanted, bytes.length * 2L));
      memory.claim(size - bytes.length);
      bytes = Arrays.copyOf(bytes, size);
    }
    return true;
  }
}
