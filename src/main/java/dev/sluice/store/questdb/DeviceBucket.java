package dev.sluice.store.questdb;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Which bucket of the table's index a device is in: a hash of its name in UTF-8. Part of the stored
 * format: another hash would not find what is stored.
 */
public final class DeviceBucket {
  /** The column. */
  public static final String COLUMN = "bucket";

  /** A power of two. As many as a piece of a day can have lists for without growing much. */
  public static final int COUNT = 1 << 14;

  private static final long FACTOR = 0x9E3779B97F4A7C15L;
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private DeviceBucket() {}

  /** The bucket of a device, 0 to {@link #COUNT} - 1. */
  public static int of(byte[] bytes, int from, int size) {
    long hash = size;
    int i = 0;
    for (; i + Long.BYTES <= size; i += Long.BYTES) {
      hash = mix(hash, (long) LONG.get(bytes, from + i));
    }
    long rest = 0;
    for (; i < size; i++) {
      rest = (rest << Byte.SIZE) | (bytes[from + i] & 0xff);
    }
    hash = mix(hash, rest);
    return (int) ((hash * FACTOR) >>> (Long.SIZE - Integer.numberOfTrailingZeros(COUNT)));
  }

  /** Likewise, as the column has it. */
  public static String text(String device) {
    byte[] bytes = device.getBytes(StandardCharsets.UTF_8);
    return Integer.toString(of(bytes, 0, bytes.length));
  }

  private static long mix(long hash, long more) {
    long mixed = (hash ^ more) * FACTOR;
    return mixed ^ (mixed >>> 32);
  }
}
