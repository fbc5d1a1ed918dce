package dev.sluice.store.questdb.remote;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.questdb.DeviceHash;
import dev.sluice.store.questdb.QuestDbTable;
import io.questdb.client.std.str.Utf8Sequence;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A batch in QuestDB's line protocol, version 2, which its client sends as it is. Written from
 * bytes to bytes, because the client encodes text one UTF-16 unit at a time and turns everything
 * outside the basic plane into question marks. Doubles are sent as their eight bytes; timestamps
 * are in microseconds. Confined to one thread; reuses its memory.
 *
 * @see <a href="https://questdb.com/docs/reference/api/ilp/overview/">QuestDB's line protocol</a>
 */
final class LineBatch implements Utf8Sequence {
  private static final VarHandle DOUBLE =
      MethodHandles.byteArrayViewVarHandle(double[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final byte[] METRIC = (QuestDbTable.NAME + ",metric=").getBytes(US_ASCII);
  private static final byte[] DEVICE = " device_id=\"".getBytes(US_ASCII);
  // A second '=' announces a binary value; the 16 marks it as a double.
  private static final byte[] VALUE = "\",value==\u0010".getBytes(US_ASCII);
  private static final byte[] HASH = ("," + DeviceHash.COLUMN + "=").getBytes(US_ASCII);
  private static final byte[] TS = "i ".getBytes(US_ASCII);
  private static final byte[] END = "t\n".getBytes(US_ASCII);
  private static final int MAX_LONG_DIGITS = 19;

  private final DeviceHash hash = new DeviceHash();
  private byte[] bytes = new byte[1 << 16];
  private int size;

  /** Replaces the contents with the batch's readings in this order. */
  void encode(ReadingBatch batch, int[] rows) {
    size = 0;
    for (int i = 0; i < batch.size(); i++) {
      append(batch, rows[i]);
    }
  }

  private void append(ReadingBatch batch, int row) {
    int names = batch.metricLength(row) + batch.deviceLength(row);
    reserve(
        METRIC.length + DEVICE.length + VALUE.length + HASH.length + END.length + 2 * names + 64);
    put(METRIC);
    for (int i = 0; i < batch.metricLength(row); i++) {
      byte b = batch.bytes()[batch.metricAt(row) + i];
      if (b == ' ' || b == ',' || b == '=' || b == '\\') {
        bytes[size++] = '\\';
      }
      bytes[size++] = b;
    }
    put(DEVICE);
    for (int i = 0; i < batch.deviceLength(row); i++) {
      byte b = batch.bytes()[batch.deviceAt(row) + i];
      if (b == '"' || b == '\\') {
        bytes[size++] = '\\';
      }
      bytes[size++] = b;
    }
    put(VALUE);
    DOUBLE.set(bytes, size, batch.value(row));
    size += Double.BYTES;
    put(HASH);
    putDecimal(hash.of(batch.bytes(), batch.deviceAt(row), batch.deviceLength(row)));
    put(TS);
    putDecimal(batch.tsMicros(row));
    put(END);
  }

  private void put(byte[] text) {
    System.arraycopy(text, 0, bytes, size, text.length);
    size += text.length;
  }

  private void putDecimal(long number) {
    if (number < 0) {
      bytes[size++] = '-';
    }
    int at = size + MAX_LONG_DIGITS;
    long rest = Math.abs(number);
    do {
      bytes[--at] = (byte) ('0' + rest % 10);
      rest /= 10;
    } while (rest > 0);
    int digits = size + MAX_LONG_DIGITS - at;
    System.arraycopy(bytes, at, bytes, size, digits);
    size += digits;
  }

  private void reserve(int more) {
    if (size + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(size + more, bytes.length * 2));
    }
  }

  @Override
  public byte byteAt(int index) {
    return bytes[index];
  }

  @Override
  public long longAt(int offset) {
    return (long) LONG.get(bytes, offset);
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public CharSequence asAsciiCharSequence() {
    throw new UnsupportedOperationException("lines are not ASCII");
  }
}
