package dev.sluice.ingest.format;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.reading.Reading;

/**
 * Whether a {@link Reading} may have a name as its device or metric, and if not, what is wrong with
 * it.
 */
public enum NameCheck {
  OK,
  EMPTY,
  TOO_LONG,
  CONTROL_CHARACTER,
  LONE_SURROGATE;

  private static final int EXCERPT_BYTES = 64;

  /**
   * Checks a name whose bytes are valid UTF-8, except for lone surrogates from JSON escapes.
   *
   * @param maxBytes maximum length of the name
   * @param plain whether all its bytes are known to be printable ASCII
   */
  public static NameCheck of(byte[] bytes, int at, int length, int maxBytes, boolean plain) {
    if (length == 0) {
      return EMPTY;
    }
    if (length > maxBytes) {
      return TOO_LONG;
    }
    return plain ? OK : content(bytes, at, at + length);
  }

  /** Checks only the characters, whatever the length. */
  public static NameCheck content(byte[] bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      int b = bytes[i] & 0xff;
      if (b < 0x20 || b == 0x7f || (b == 0xc2 && (bytes[i + 1] & 0xff) < 0xa0)) {
        return CONTROL_CHARACTER;
      }
      if (b == 0xed && (bytes[i + 1] & 0xff) >= 0xa0) {
        return LONE_SURROGATE;
      }
    }
    return OK;
  }

  /** The refusal in words, for a name in this role ("device_id", "metric"). */
  public String reason(String role, byte[] bytes, int at, int length, int maxBytes) {
    String name = role + " " + excerpt(bytes, at, length);
    return switch (this) {
      case OK -> throw new AssertionError(name + " is not refused");
      case EMPTY -> role + " is empty";
      case TOO_LONG -> name + " has " + length + " bytes, allowed are 1.." + maxBytes;
      case CONTROL_CHARACTER -> name + " holds a control character";
      case LONE_SURROGATE -> name + " holds half of a surrogate pair, which is not a character";
    };
  }

  /** The text in quotes, cut to a length that fits into a message. */
  public static String excerpt(byte[] bytes, int at, int length) {
    return '"' + raw(bytes, at, length) + '"';
  }

  /** The text without quotes, cut to a length that fits into a message. */
  public static String raw(byte[] bytes, int at, int length) {
    return length <= EXCERPT_BYTES
        ? new String(bytes, at, length, UTF_8)
        : new String(bytes, at, EXCERPT_BYTES, UTF_8) + "…";
  }
}
