package dev.sluice.store.questdb;

import io.questdb.std.str.AsciiCharSequence;
import io.questdb.std.str.Utf8Sequence;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A window onto a batch's bytes in the form in which QuestDB takes a VARCHAR, so that no row
 * allocates. Confined to one thread; valid until the batch is refilled.
 */
public final class Utf8Span implements Utf8Sequence {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long HIGH_BITS = 0x8080_8080_8080_8080L;

  private final AsciiCharSequence ascii = new AsciiCharSequence();
  private byte[] bytes = new byte[0];
  private int from;
  private int size;

  public Utf8Span of(byte[] bytes, int from, int size) {
    this.bytes = bytes;
    this.from = from;
    this.size = size;
    return this;
  }

  @Override
  public CharSequence asAsciiCharSequence() {
    return ascii.of(this);
  }

  @Override
  public byte byteAt(int index) {
    return bytes[from + index];
  }

  /** Must be exact: QuestDB stores this with the value, and equal values must be stored alike. */
  @Override
  public boolean isAscii() {
    int i = 0;
    for (; i + Long.BYTES <= size; i += Long.BYTES) {
      if (((long) LONG.get(bytes, from + i) & HIGH_BITS) != 0) {
        return false;
      }
    }
    for (; i < size; i++) {
      if (bytes[from + i] < 0) {
        return false;
      }
    }
    return true;
  }

  @Override
  public long longAt(int offset) {
    return (long) LONG.get(bytes, from + offset);
  }

  @Override
  public int intAt(int offset) {
    return (int) INT.get(bytes, from + offset);
  }

  @Override
  public short shortAt(int offset) {
    return (short) SHORT.get(bytes, from + offset);
  }

  @Override
  public int size() {
    return size;
  }
}
