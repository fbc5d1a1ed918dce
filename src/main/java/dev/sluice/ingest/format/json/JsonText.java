package dev.sluice.ingest.format.json;

import dev.sluice.ingest.format.BodyText;
import dev.sluice.ingest.format.NameCheck;
import dev.sluice.ingest.format.Utf8;
import dev.sluice.reading.MemoryClaim;
import java.util.Arrays;

/**
 * The strings of a JSON text: finds where they end, checks escapes and UTF-8, and decodes only
 * where necessary. Confined to its {@link JsonCursor}.
 *
 * <p>An escaped half of a surrogate pair is grammatical, but not a character: it is decoded to
 * bytes that are not UTF-8 and that {@link NameCheck} refuses, so that only the name that contains
 * it is lost.
 */
public final class JsonText extends BodyText {
  private static final byte PLAIN = 0;
  private static final byte WIDE = 1;
  private static final byte STOP = 2;

  /** PLAIN: printable ASCII. WIDE: DEL or not ASCII. STOP: quote, backslash, control character. */
  private static final byte[] CLASS = new byte[256];

  static {
    Arrays.fill(CLASS, 0, 0x20, STOP);
    Arrays.fill(CLASS, 0x7f, 256, WIDE);
    CLASS['"'] = STOP;
    CLASS['\\'] = STOP;
  }

  private boolean plain;
  private int errorAt;

  /**
   * @param memory called with the number of additional bytes before memory grows; may throw
   */
  JsonText(MemoryClaim memory) {
    super(memory);
  }

  /** Whether the last string was written as printable ASCII without an escape. */
  boolean plain() {
    return plain;
  }

  int errorAt() {
    return errorAt;
  }

  /** Reads the string that opens at {@code quote}; returns the offset after it. */
  int read(int quote) {
    int start = quote + 1;
    int i = start;
    while (i < end && CLASS[body[i] & 0xff] == PLAIN) {
      i++;
    }
    if (i < end && body[i] == '"') {
      at = start;
      length = i - start;
      plain = true;
      return i + 1;
    }
    return readWide(start, i);
  }

  /** Continues where {@link #read} met something other than printable ASCII. */
  private int readWide(int start, int stop) {
    int decoded = scratchLength;
    int run = start;
    int i = stop;
    while (i < end && body[i] != '"') {
      byte b = body[i];
      if (b == '\\') {
        copy(run, i);
        i = escape(i);
        if (i == FAILED) {
          return FAILED;
        }
        run = i;
        continue;
      }
      int width = b >= 0 ? 1 : Utf8.sequence(body, i, end);
      if (width == 0) {
        return fail(i, "invalid UTF-8");
      }
      if (CLASS[b & 0xff] == STOP) {
        return fail(i, "control character in a string; write it as an escape");
      }
      i += width;
    }
    return i < end ? close(start, run, i, decoded) : fail(end, "the string is not closed");
  }

  private int close(int start, int run, int quote, int decoded) {
    if (run == start) {
      at = start;
      length = quote - start;
    } else {
      copy(run, quote);
      at = ~decoded;
      length = scratchLength - decoded;
    }
    plain = false;
    return quote + 1;
  }

  /** Decodes the escape at the backslash; returns the offset after it. */
  private int escape(int backslash) {
    int letter = backslash + 1 < end ? body[backslash + 1] : 0;
    int decoded =
        switch (letter) {
          case '"', '\\', '/' -> letter;
          case 'b' -> '\b';
          case 'f' -> '\f';
          case 'n' -> '\n';
          case 'r' -> '\r';
          case 't' -> '\t';
          case 'u' -> hex(backslash + 2);
          default -> -1;
        };
    if (decoded < 0) {
      return fail(backslash, "malformed escape in a string");
    }
    int behind = backslash + (letter == 'u' ? 6 : 2);
    if (Character.isHighSurrogate((char) decoded)) {
      int low = lowSurrogate(behind);
      if (low >= 0) {
        decoded = Character.toCodePoint((char) decoded, (char) low);
        behind += 6;
      }
    }
    room(4);
    scratchLength = Utf8.encode(decoded, scratch, scratchLength);
    return behind;
  }

  /** The escaped low surrogate that starts here, or -1. */
  private int lowSurrogate(int i) {
    if (i + 1 >= end || body[i] != '\\' || body[i + 1] != 'u') {
      return -1;
    }
    int low = hex(i + 2);
    return low >= 0 && Character.isLowSurrogate((char) low) ? low : -1;
  }

  /** The value of four hexadecimal digits, or -1. */
  private int hex(int from) {
    if (from + 4 > end) {
      return -1;
    }
    int value = 0;
    for (int i = from; i < from + 4; i++) {
      int digit = Character.digit(body[i], 16);
      if (digit < 0) {
        return -1;
      }
      value = value << 4 | digit;
    }
    return value;
  }

  private void copy(int from, int to) {
    room(to - from);
    System.arraycopy(body, from, scratch, scratchLength, to - from);
    scratchLength += to - from;
  }

  /** Keeps the reason and where it was found, and returns {@link #FAILED}. */
  int fail(int where, String reason) {
    errorAt = where;
    return fail(reason);
  }
}
