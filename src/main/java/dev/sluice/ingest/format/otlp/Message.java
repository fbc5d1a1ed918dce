package dev.sluice.ingest.format.otlp;

import dev.sluice.ingest.format.Outcome;

/**
 * Walks through the fields of one protobuf message, which is a range of the body; a message within
 * is a range of that, for another walk. Reads nothing it is not asked for, so what a message costs
 * does not depend on what senders put into it. Confined to its codec, which reuses it.
 *
 * <p>Groups are refused: no version of OTLP has any, and protobuf itself has given them up.
 */
final class Message {
  private static final int VARINT = 0;
  private static final int FIXED_64 = 1;
  private static final int RANGE = 2;
  private static final int FIXED_32 = 5;
  private static final int MOST_VARINT_BYTES = 10;

  private byte[] body = new byte[0];
  private int at;
  private int end;
  private int field;
  private int type;
  private long bits;
  private int from;

  /** Starts before the first field of bytes [first, behind). */
  void start(byte[] bytes, int first, int behind) {
    body = bytes;
    at = first;
    end = behind;
  }

  /**
   * Goes on to the next field.
   *
   * @return false if there is none
   */
  boolean next() throws UnusableBodyException {
    if (at == end) {
      return false;
    }
    int start = at;
    long tag = varint();
    field = (int) (tag >>> 3);
    type = (int) tag & 7;
    if (tag >>> 32 != 0 || field == 0) {
      throw broken(start, "a field number is expected here");
    }
    switch (type) {
      case VARINT -> bits = varint();
      case FIXED_64 -> bits = fixed(Long.BYTES);
      case FIXED_32 -> bits = fixed(Integer.BYTES);
      case RANGE -> {
        long length = varint();
        if (length < 0 || length > end - at) {
          throw broken(
              start,
              "field %s has %s bytes, there are %s left"
                  .formatted(field, Long.toUnsignedString(length), end - at));
        }
        from = at;
        at += (int) length;
      }
      default -> throw broken(start, "field %s has the wire type %s".formatted(field, type));
    }
    return true;
  }

  /** Number of the field. */
  int field() {
    return field;
  }

  /** Whether the field is this one, and a message, text or packed numbers. */
  boolean isRange(int number) {
    return field == number && type == RANGE;
  }

  /** Whether the field is this one, and a number of eight bytes. */
  boolean isFixed64(int number) {
    return field == number && type == FIXED_64;
  }

  /** Whether the field is this one, and a number of as many bytes as it needs. */
  boolean isVarint(int number) {
    return field == number && type == VARINT;
  }

  /** The bits of a field that is a number. */
  long bits() {
    return bits;
  }

  /** The field, which is a number of eight bytes, as a double. */
  double asDouble() {
    return Double.longBitsToDouble(bits);
  }

  /** Offset of a field that is a range. */
  int from() {
    return from;
  }

  /** Offset after a field that is a range. */
  int to() {
    return at;
  }

  int length() {
    return at - from;
  }

  /**
   * Number of packed numbers, of eight bytes each, in a field that is a range.
   *
   * @throws UnusableBodyException if it does not consist of such
   */
  int packed() throws UnusableBodyException {
    if (length() % Long.BYTES != 0) {
      throw broken(
          from,
          "field %s has %s bytes, which are no numbers of 8 bytes each".formatted(field, length()));
    }
    return length() / Long.BYTES;
  }

  /** The packed number with this index. */
  long packed(int i) {
    return little(from + i * Long.BYTES, Long.BYTES);
  }

  private long varint() throws UnusableBodyException {
    int start = at;
    long sum = 0;
    for (int i = 0; i < MOST_VARINT_BYTES; i++) {
      if (at == end) {
        throw broken(start, "a number is cut off");
      }
      byte b = body[at++];
      sum |= (long) (b & 0x7f) << (7 * i);
      if (b >= 0) {
        return sum;
      }
    }
    throw broken(start, "a number has more than " + MOST_VARINT_BYTES + " bytes");
  }

  private long fixed(int bytes) throws UnusableBodyException {
    if (end - at < bytes) {
      throw broken(at, "a number of %s bytes is cut off".formatted(bytes));
    }
    long number = little(at, bytes);
    at += bytes;
    return number;
  }

  private long little(int offset, int bytes) {
    long number = 0;
    for (int i = bytes - 1; i >= 0; i--) {
      number = (number << 8) | (body[offset + i] & 0xff);
    }
    return number;
  }

  private static UnusableBodyException broken(int where, String reason) {
    return new UnusableBodyException(new Outcome.Undecodable(where, reason));
  }
}
