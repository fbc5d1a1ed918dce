package dev.sluice.reading;

import java.nio.charset.StandardCharsets;

/**
 * One measured value. Immutable. Identity is (device, metric, ts): a later reading with the same
 * identity replaces the earlier one.
 *
 * @param device 1..128 bytes of UTF-8 without control characters
 * @param metric 1..128 bytes of UTF-8 without control characters
 * @param tsMicros microseconds since the Unix epoch, UTC, 0..{@link #MAX_TS_MICROS}
 * @param value finite
 */
public record Reading(String device, String metric, long tsMicros, double value) {
  /** Longest device or metric, in bytes of UTF-8. */
  public static final int MAX_NAME_BYTES = 128;

  /** 9999-12-31T23:59:59.999999Z, the last instant both stores can hold. */
  public static final long MAX_TS_MICROS = 253_402_300_799_999_999L;

  /** Refuses with {@link IllegalArgumentException} what no store may be given. */
  public Reading {
    checkName("device", device);
    checkName("metric", metric);
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

  private static void checkName(String field, String name) {
    int bytes = name.getBytes(StandardCharsets.UTF_8).length;
    if (bytes < 1 || bytes > MAX_NAME_BYTES) {
      throw new IllegalArgumentException(
          field + " has " + bytes + " bytes, allowed are 1.." + MAX_NAME_BYTES);
    }
    if (name.chars().anyMatch(c -> c < 0x20 || (c >= 0x7f && c < 0xa0))) {
      throw new IllegalArgumentException(field + " holds a control character");
    }
  }
}
