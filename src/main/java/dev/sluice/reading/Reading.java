package dev.sluice.reading;

import java.nio.charset.StandardCharsets;

/**
 * One measured value. Immutable. Identity is (device, metric, ts): a later reading with the same
 * identity replaces the earlier one.
 *
 * @param device 1..128 bytes of UTF-8 without control characters
 * @param metric 1..255 bytes of UTF-8 without control characters
 * @param tsMicros microseconds since the Unix epoch, UTC, 0..{@link #MAX_TS_MICROS}
 * @param value finite
 */
public record Reading(String device, String metric, long tsMicros, double value) {
  /** Longest device, in bytes of UTF-8. */
  public static final int MAX_DEVICE_BYTES = 128;

  /** Longest metric, in bytes of UTF-8: its length is encoded in one byte. */
  public static final int MAX_METRIC_BYTES = 255;

  /** 9999-12-31T23:59:59.999999Z, the last instant both stores can hold. */
  public static final long MAX_TS_MICROS = 253_402_300_799_999_999L;

  /** Throws {@link IllegalArgumentException} for anything that must not reach a store. */
  public Reading {
    checkName("device", device, MAX_DEVICE_BYTES);
    checkName("metric", metric, MAX_METRIC_BYTES);
    if (tsMicros < 0 || tsMicros > MAX_TS_MICROS) {
      throw new IllegalArgumentException(
          "ts " + tsMicros + " is outside 0.." + MAX_TS_MICROS + " microseconds");
    }
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException("value " + value + " is not finite");
    }
  }

  public Identity identity() {
    return new Identity(device, metric, tsMicros);
  }

  /** Whether a reading may have these bytes of UTF-8 as its device. */
  public static boolean isDevice(byte[] utf8) {
    return isName(utf8, MAX_DEVICE_BYTES);
  }

  /** Whether a reading may have these bytes of UTF-8 as its metric. */
  public static boolean isMetric(byte[] utf8) {
    return isName(utf8, MAX_METRIC_BYTES);
  }

  private static boolean isName(byte[] utf8, int maxBytes) {
    if (utf8.length < 1 || utf8.length > maxBytes) {
      return false;
    }
    for (int i = 0; i < utf8.length; i++) {
      int b = utf8[i];
      if ((b >= 0 && b < 0x20) || b == 0x7f) {
        return false;
      }
      // U+0080 to U+009F are C2 80 to C2 9F.
      if (b == (byte) 0xc2 && i + 1 < utf8.length && (utf8[i + 1] & 0xff) < 0xa0) {
        return false;
      }
    }
    return true;
  }

  private static void checkName(String field, String name, int maxBytes) {
    int bytes = name.getBytes(StandardCharsets.UTF_8).length;
    if (bytes < 1 || bytes > maxBytes) {
      throw new IllegalArgumentException(
          field + " has " + bytes + " bytes, allowed are 1.." + maxBytes);
    }
    if (name.chars().anyMatch(c -> c < 0x20 || (c >= 0x7f && c < 0xa0))) {
      throw new IllegalArgumentException(field + " holds a control character");
    }
  }
}
