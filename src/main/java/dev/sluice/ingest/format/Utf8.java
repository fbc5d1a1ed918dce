package dev.sluice.ingest.format;

/**
 * Strict UTF-8 (Unicode 15, table 3-7): no overlong forms, no surrogates, nothing over U+10FFFF.
 */
public final class Utf8 {
  private static final int BYTE_ORDER_MARK_BYTES = 3;

  private Utf8() {}

  /**
   * Length of the U+FEFF that the first {@code length} bytes begin with, which some editors put at
   * the start of a file; 0 if there is none.
   */
  public static int byteOrderMarkBytes(byte[] bytes, int length) {
    boolean marked =
        length >= BYTE_ORDER_MARK_BYTES
            && bytes[0] == (byte) 0xef
            && bytes[1] == (byte) 0xbb
            && bytes[2] == (byte) 0xbf;
    return marked ? BYTE_ORDER_MARK_BYTES : 0;
  }

  /** Whether bytes [from, to) are whole UTF-8 sequences. */
  public static boolean valid(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to) {
      if (bytes[at] >= 0) {
        at++;
        continue;
      }
      int length = sequence(bytes, at, to);
      if (length == 0) {
        return false;
      }
      at += length;
    }
    return true;
  }

  /**
   * Length of the sequence of two to four bytes that starts at {@code at}.
   *
   * @return 0 if there is no valid one
   */
  public static int sequence(byte[] bytes, int at, int to) {
    int lead = bytes[at] & 0xff;
    int length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    if (length == 0 || at + length > to) {
      return 0;
    }
    int second = bytes[at + 1] & 0xff;
    int lowest = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    int highest = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (second < lowest || second > highest) {
      return 0;
    }
    for (int i = at + 2; i < at + length; i++) {
      if ((bytes[i] & 0xc0) != 0x80) {
        return 0;
      }
    }
    return length;
  }

  /**
   * Writes the bytes of a code point. A surrogate is written like any other code point of its size,
   * so that two different texts never get the same bytes; {@link NameCheck} refuses it later.
   *
   * @return the offset after them
   */
  public static int encode(int codePoint, byte[] into, int at) {
    int i = at;
    if (codePoint < 0x80) {
      into[i++] = (byte) codePoint;
      return i;
    }
    if (codePoint < 0x800) {
      into[i++] = (byte) (0xc0 | codePoint >> 6);
    } else {
      if (codePoint < 0x10000) {
        into[i++] = (byte) (0xe0 | codePoint >> 12);
      } else {
        into[i++] = (byte) (0xf0 | codePoint >> 18);
        into[i++] = (byte) (0x80 | (codePoint >> 12 & 0x3f));
      }
      into[i++] = (byte) (0x80 | (codePoint >> 6 & 0x3f));
    }
    into[i++] = (byte) (0x80 | (codePoint & 0x3f));
    return i;
  }
}
