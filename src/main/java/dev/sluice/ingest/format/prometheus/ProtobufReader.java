package dev.sluice.ingest.format.prometheus;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Reads protobuf from bytes, one field after another: {@link #next()}, then what {@link #field()}
 * holds, or {@link #skip()}. A message in a field is entered and left; nothing calls itself, so
 * depth costs no stack. A known field of another wire type than its own is malformed, as for
 * Prometheus; groups, which proto3 does not have, are too. Confined to its parser; allocates
 * nothing unless a body is malformed.
 */
final class ProtobufReader {
  static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH = 2;
  private static final int FIXED32 = 5;
  private static final int MOST_VARINT_BITS = 70;

  private static final VarHandle DOUBLE_BITS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private byte[] bytes = new byte[0];
  private int at;
  private int end;
  private int field;
  private int type;

  /** Begins with the message that is the first {@code length} bytes. */
  void start(byte[] body, int length) {
    bytes = body;
    at = 0;
    end = length;
  }

  /** Goes on to the next field of the current message; false if there is none. */
  boolean next() throws MalformedException {
    if (at == end) {
      return false;
    }
    int tagAt = at;
    int tag = (int) readVarint();
    field = tag >>> 3;
    type = tag & 7;
    if (field == 0) {
      throw new MalformedException(tagAt, "there is no field 0");
    }
    return true;
  }

  /** Number of the current field. */
  int field() {
    return field;
  }

  /** Wire type of the current field. */
  int type() {
    return type;
  }

  /** Offset of what comes next. */
  int at() {
    return at;
  }

  /** The current field's integer. */
  long varint() throws MalformedException {
    expect(VARINT);
    return readVarint();
  }

  /** The next integer of a message that is a packed list of them. */
  long packedVarint() throws MalformedException {
    return readVarint();
  }

  /** Whether the current message has come to its end. */
  boolean atEnd() {
    return at == end;
  }

  /** The current field's 64 bits. */
  long fixed64() throws MalformedException {
    expect(FIXED64);
    int from = at;
    advance(Long.BYTES);
    return (long) DOUBLE_BITS.get(bytes, from);
  }

  /**
   * Enters the message, text or packed list that the current field holds.
   *
   * @return to be given to {@link #leave}
   */
  int enter() throws MalformedException {
    expect(LENGTH);
    int outer = end;
    int length = readLength();
    end = at + length;
    return outer;
  }

  /** Length of the message or text just entered. */
  int length() {
    return end - at;
  }

  /** Goes back to the outer message, behind the one entered, wherever in that the reader is. */
  void leave(int outer) {
    at = end;
    end = outer;
  }

  /** Continues the current message at this offset, which {@link #at()} returned in it. */
  void seek(int offset) {
    at = offset;
  }

  /** Skips the current field's content. */
  void skip() throws MalformedException {
    switch (type) {
      case VARINT -> readVarint();
      case FIXED64 -> advance(Long.BYTES);
      case LENGTH -> advance(readLength());
      case FIXED32 -> advance(Integer.BYTES);
      default -> throw new MalformedException(at, "field %d %s".formatted(field, ofType()));
    }
  }

  private void expect(int wanted) throws MalformedException {
    if (type != wanted) {
      throw new MalformedException(
          at, "field %d %s, expected %d".formatted(field, ofType(), wanted));
    }
  }

  private String ofType() {
    return "has wire type " + type;
  }

  private int readLength() throws MalformedException {
    int from = at;
    int length = (int) readVarint();
    if (length < 0 || length > end - at) {
      throw new MalformedException(
          from,
          "field %d claims %s bytes, there are %d"
              .formatted(field, Integer.toUnsignedString(length), end - at));
    }
    return length;
  }

  private void advance(int count) throws MalformedException {
    if (count > end - at) {
      throw new MalformedException(at, "field %d ends in the middle".formatted(field));
    }
    at += count;
  }

  private long readVarint() throws MalformedException {
    if (at < end && bytes[at] >= 0) {
      return bytes[at++];
    }
    long value = 0;
    int from = at;
    for (int shift = 0; shift < MOST_VARINT_BITS; shift += 7) {
      if (at == end) {
        throw new MalformedException(from, "a number ends in the middle");
      }
      byte b = bytes[at++];
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw new MalformedException(from, "a number has more than 10 bytes");
  }
}
