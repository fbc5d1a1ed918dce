package dev.sluice.store.mysql;

import dev.sluice.reading.Micros;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.YearMonth;
import org.jspecify.annotations.Nullable;

/**
 * Decodes a DATETIME as the server sends it: in the binary protocol 0, 4, 7 or 11 bytes, of which
 * the year and the microseconds are little-endian ("MySQL Source Code Documentation", Binary
 * Protocol Value, MYSQL_TYPE_DATETIME); in the text protocol {@code 2026-11-22 00:31:02.123456}.
 * Cheaper than a function of the server's or a java.time object for each row. Remembers the last
 * day. Confined to one thread.
 */
final class Datetime {
  /** There is no such instant: NULL, or a day that does not exist. */
  static final long NONE = Long.MIN_VALUE;

  private static final int TEXT_BYTES = 19;

  private int day;
  private long dayMicros = NONE;

  /** Microseconds since the epoch, negative before it; or {@link #NONE}. */
  long micros(byte @Nullable [] sent) {
    if (sent == null || sent.length == 0) {
      return NONE;
    }
    if (sent.length >= TEXT_BYTES) {
      return ofText(sent);
    }
    if (sent.length < 4) {
      throw unknown(sent);
    }
    long midnight = midnight(unsigned(sent, 0, 2), sent[2], sent[3]);
    if (midnight == NONE || sent.length == 4) {
      return midnight;
    }
    if (sent.length != 7 && sent.length != 11) {
      throw unknown(sent);
    }
    long micros = sent.length == 11 ? unsigned(sent, 7, 4) : 0;
    return midnight + (sent[4] * 3600L + sent[5] * 60 + sent[6]) * Micros.PER_SECOND + micros;
  }

  private long ofText(byte[] sent) {
    String text = new String(sent, StandardCharsets.US_ASCII);
    long midnight = midnight(number(text, 0, 4), number(text, 5, 7), number(text, 8, 10));
    long seconds = number(text, 11, 13) * 3600L + number(text, 14, 16) * 60L + number(text, 17, 19);
    String fraction = text.length() > TEXT_BYTES ? text.substring(TEXT_BYTES + 1) : "";
    long micros = Long.parseLong((fraction + "000000").substring(0, 6));
    return midnight == NONE ? NONE : midnight + seconds * Micros.PER_SECOND + micros;
  }

  private long midnight(int year, int month, int dayOfMonth) {
    int wanted = year << 9 | month << 5 | dayOfMonth;
    if (wanted != day) {
      day = wanted;
      dayMicros =
          exists(year, month, dayOfMonth)
              ? LocalDate.of(year, month, dayOfMonth).toEpochDay() * Micros.PER_DAY
              : NONE;
    }
    return dayMicros;
  }

  private static boolean exists(int year, int month, int dayOfMonth) {
    return month >= 1
        && month <= 12
        && dayOfMonth >= 1
        && dayOfMonth <= YearMonth.of(year, month).lengthOfMonth();
  }

  private static int number(String text, int from, int to) {
    return Integer.parseInt(text, from, to, 10);
  }

  private static int unsigned(byte[] sent, int at, int bytes) {
    int number = 0;
    for (int i = bytes - 1; i >= 0; i--) {
      number = (number << 8) | (sent[at + i] & 0xff);
    }
    return number;
  }

  private static IllegalArgumentException unknown(byte[] sent) {
    return new IllegalArgumentException(
        "the server sent a DATETIME of "
            + sent.length
            + " bytes, known are 0, 4, 7, 11 and 19 to 26");
  }
}
