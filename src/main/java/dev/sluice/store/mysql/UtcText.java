package dev.sluice.store.mysql;

import dev.sluice.reading.Micros;
import dev.sluice.reading.Reading;
import java.nio.charset.StandardCharsets;

/**
 * Formats instants as MySQL's DATETIME(6), in UTC, unaffected by any time zone of the JVM, the
 * driver or the server.
 */
final class UtcText {
  /** Length in bytes of {@code 2026-11-22 00:31:02.123456}. */
  static final int LENGTH = 26;

  private static final int DAYS_PER_ERA = 146_097;

  private UtcText() {}

  /**
   * Writes {@link #LENGTH} ASCII bytes.
   *
   * @param micros since the epoch, 0..{@link Reading#MAX_TS_MICROS}
   */
  static void write(long micros, byte[] to, int at) {
    writeDate((int) (micros / Micros.PER_DAY), to, at);
    long ofDay = micros % Micros.PER_DAY;
    int second = (int) (ofDay / 1_000_000);
    to[at + 10] = ' ';
    digits(second / 3600, 2, to, at + 11);
    to[at + 13] = ':';
    digits(second / 60 % 60, 2, to, at + 14);
    to[at + 16] = ':';
    digits(second % 60, 2, to, at + 17);
    to[at + 19] = '.';
    digits((int) (ofDay % 1_000_000), 6, to, at + 20);
  }

  static String of(long micros) {
    byte[] text = new byte[LENGTH];
    write(micros, text, 0);
    return new String(text, StandardCharsets.US_ASCII);
  }

  /**
   * Computes the Gregorian date by whole 400-year eras, with years counted from March so that the
   * leap day comes last: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms",
   * civil_from_days.
   */
  private static void writeDate(int daysSinceEpoch, byte[] to, int at) {
    int days = daysSinceEpoch + 719_468;
    int era = days / DAYS_PER_ERA;
    int ofEra = days % DAYS_PER_ERA;
    int yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365;
    int ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
    int marchMonth = (5 * ofYear + 2) / 153;
    int month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
    digits(era * 400 + yearOfEra + (month <= 2 ? 1 : 0), 4, to, at);
    to[at + 4] = '-';
    digits(month, 2, to, at + 5);
    to[at + 7] = '-';
    digits(ofYear - (153 * marchMonth + 2) / 5 + 1, 2, to, at + 8);
  }

  private static void digits(int value, int count, byte[] to, int at) {
    int rest = value;
    for (int i = at + count - 1; i >= at; i--) {
      to[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
  }
}
