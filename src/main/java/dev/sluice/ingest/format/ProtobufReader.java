package dev.sluice.ingest.format;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Reads protobuf from bytes, one field after another: {@link #next()}, then what {@link #field()}
 * holds, or {@link #skip()}. A message in a field is entered and left; nothing calls itself, so
 * depth costs no stack. What is skipped is not looked into, so it costs no more than its length.
 * Groups, which proto3 does not have, are malformed. Confined to its parser; allocates nothing
 * unless a body is malformed.
 *
 * <p>Every method that reads throws {@link UnusableBodyException} with an {@link
 * Outcome.Undecodable} that names the place if a body is malformed there.
 */
public final class ProtobufReader {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH = 2;
  private static final int FIXED32 = 5;
  private static final int MOST_VARINT_BITS = 70;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private byte[] bytes = new byte[0];
  private int at;
  private int end;
  private int field;
  private int type;

  /** Begins with the message that is the first {@code length} bytes. */
  public void start(byte[] body, int length) {
    bytes = body;
    at = 0;
    end = length;
  }

  /** Goes on to the next field of the current message; false if there is none. */
  public boolean next() throws UnusableBodyException {
    if (at == end) {
      return false;
    }
    int tagAt = at;
    int tag = (int) readVarint();
    field = tag >>> 3;
    type = tag & 7;
    if (field == 0) {
      throw malformed(tagAt, "there is no field 0");
    }
    return true;
  }

  /** Number of the current field. */
  public int field() {
    return field;
  }

  /** Whether the current field is this one, and an integer of as many bytes as it needs. */
  public boolean isVarint(int number) {
    return field == number && type == VARINT;
  }

  /** Whether the current field is this one, and has 64 bits. */
  public boolean isFixed64(int number) {
    return field == number && type == FIXED64;
  }

  /** Whether the current field is this one, and a message, text or packed list. */
  public boolean isRange(int number) {
    return field == number && type == LENGTH;
  }

  /** Offset of what comes next. */
  public int at() {
    return at;
  }

  /** The current field's integer; malformed if it is none. */
  public long varint() throws UnusableBodyException {
    expect(VARINT);
    return readVarint();
  }

  /** The next integer of a packed list that was entered. */
  public long packedVarint() throws UnusableBodyException {
    return readVarint();
  }

  /** The current field's 64 bits; malformed if it has not as many. */
  public long fixed64() throws UnusableBodyException {
    expect(FIXED64);
    return readFixed64();
  }

  /** The next 64 bits of a packed list that was entered. */
  public long packedFixed64() throws UnusableBodyException {
    return readFixed64();
  }

  /** Whether the current message or packed list has come to its end. */
  public boolean atEnd() {
    return at == end;
  }

  /**
   * Enters the message, text or packed list that the current field holds; malformed if it is none.
   *
   * @return to be given to {@link #leave}
   */
  public int enter() throws UnusableBodyException {
    expect(LENGTH);
    int outer = end;
    int length = readLength();
    end = at + length;
    return outer;
  }

  /** Length of the message or text just entered. */
  public int length() {
    return end - at;
  }

  /** Goes back to the outer message, behind the one entered, wherever in that the reader is. */
  public void leave(int outer) {
    at = end;
    end = outer;
  }

  /** Continues the current message at this offset, which {@link #at()} returned in it. */
  public void seek(int offset) {
    at = offset;
  }

  /** Skips the current field's content. */
  public void skip() throws UnusableBodyException {
    switch (type) {
      case VARINT -> readVarint();
      case FIXED64 -> advance(Long.BYTES);
      case LENGTH -> advance(readLength());
      case FIXED32 -> advance(Integer.BYTES);
      default -> throw malformed(at, "field %d %s".formatted(field, ofType()));
    }
  }

  private void expect(int wanted) throws UnusableBodyException {
    if (type != wanted) {
      throw malformed(at, "field %d %s, expected %d".formatted(field, ofType(), wanted));
    }
  }

  private String ofType() {
    return "has wire type " + type;
  }

  private int readLength() throws UnusableBodyException {
    int from = at;
    int length = (int) readVarint();
    if (length < 0 || length > end - at) {
      throw malformed(
          from,
          "field %d claims %s bytes, there are %d"
              .formatted(field, Integer.toUnsignedString(length), end - at));
    }
    return length;
  }

  private long readFixed64() throws UnusableBodyException {
    int from = at;
    advance(Long.BYTES);
    return (long) LONG.get(bytes, from);
  }

  private void advance(int count) throws UnusableBodyException {
    if (count > end - at) {
      throw malformed(at, "field %d ends in the middle".formatted(field));
    }
    at += count;
  }

  private long readVarint() throws UnusableBodyException {
    if (at < end && bytes[at] >= 0) {
      return bytes[at++];
    }
    long value = 0;
    int from = at;
    for (int shift = 0; shift < MOST_VARINT_BITS; shift += 7) {
      if (at == end) {
        throw malformed(from, "a number ends in the middle");
      }
      byte b = bytes[at++];
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw malformed(from, "a number has more than 10 bytes");
  }

  private static UnusableBodyException malformed(int where, String reason) {
    return new UnusableBodyException(new Outcome.Undecodable(where, reason));
  }
}
