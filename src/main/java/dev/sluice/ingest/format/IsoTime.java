package dev.sluice.ingest.format;

import dev.sluice.reading.Reading;

/**
 * ISO-8601 times with an offset, read from bytes: {@code 2026-11-21T22:00:00.123456Z}, or in the
 * basic format {@code 20261121T220000.123456Z}; date and time must use the same format. Seconds may
 * be missing; a fraction has 1 to 9 digits after a point or a comma and is cut off at the
 * microsecond; the offset is {@code Z}, {@code ±hh}, {@code ±hhmm} or {@code ±hh:mm}, up to 18
 * hours; {@code t} and {@code z} may be lower case. A leap second is refused: neither store can
 * hold it.
 *
 * <p>Confined to its parser; allocates nothing.
 */
public final class IsoTime {
  /** Returned for anything that is not such a time. */
  public static final long INVALID = -1;

  /** Returned for such a time outside 0..{@link Reading#MAX_TS_MICROS}. */
  public static final long OUT_OF_RANGE = -2;

  private static final int[] DAYS = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  private static final int MAX_OFFSET_MINUTES = 18 * 60;
  private static final long MICROS_PER_SECOND = 1_000_000;

  private byte[] text = new byte[0];
  private int at;
  private int end;

  /** Whether date and time have no separators. */
  private boolean basic;

  private boolean hasSeconds;

  /** Whether every part read until now was valid. */
  private boolean good;

  /**
   * Reads a whole text.
   *
   * @return microseconds since the epoch, {@link #INVALID} or {@link #OUT_OF_RANGE}
   */
  public long parse(byte[] bytes, int from, int length) {
    text = bytes;
    at = from;
    end = from + length;
    good = true;
    basic = length > 4 && isDigit(from + 4);
    long days = date();
    expect('T');
    long seconds = days * 86_400 + timeOfDay();
    long micros = fraction();
    seconds -= offsetMinutes() * 60L;
    if (!good || at != end) {
      return INVALID;
    }
    long ts = seconds * MICROS_PER_SECOND + micros;
    return ts < 0 || ts > Reading.MAX_TS_MICROS ? OUT_OF_RANGE : ts;
  }

  private long date() {
    int year = digits(4);
    separator('-');
    int month = digits(2);
    separator('-');
    int day = digits(2);
    boolean leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    good &= month >= 1 && month <= 12 && day >= 1;
    good = good && day <= DAYS[month - 1] && (month != 2 || day < 29 || leap);
    return daysSinceEpoch(year, month, day);
  }

  /** Counts years from March, so that the leap day is a year's last. */
  private static long daysSinceEpoch(int year, int month, int day) {
    int y = month <= 2 ? year - 1 : year;
    int fromMarch = month <= 2 ? month + 9 : month - 3;
    int dayOfYear = (153 * fromMarch + 2) / 5 + day - 1;
    return 365L * y
        + Math.floorDiv(y, 4)
        - Math.floorDiv(y, 100)
        + Math.floorDiv(y, 400)
        + dayOfYear
        - 719_468;
  }

  /** The time of day in seconds. */
  private int timeOfDay() {
    int hour = digits(2);
    separator(':');
    int minute = digits(2);
    hasSeconds = basic ? isDigit(at) : at < end && text[at] == ':';
    int second = 0;
    if (hasSeconds) {
      separator(':');
      second = digits(2);
    }
    good &= hour < 24 && minute < 60 && second < 60;
    return (hour * 60 + minute) * 60 + second;
  }

  /** The fraction in microseconds; allowed only after seconds. */
  private int fraction() {
    if (at >= end || (text[at] != '.' && text[at] != ',')) {
      return 0;
    }
    good &= hasSeconds;
    int first = ++at;
    int micros = 0;
    while (isDigit(at)) {
      if (at - first < 6) {
        micros = micros * 10 + text[at] - '0';
      }
      at++;
    }
    int count = at - first;
    good &= count >= 1 && count <= 9;
    for (int i = count; i < 6; i++) {
      micros *= 10;
    }
    return micros;
  }

  private int offsetMinutes() {
    if (at >= end) {
      good = false;
      return 0;
    }
    byte sign = text[at++];
    if (sign == 'Z' || sign == 'z') {
      return 0;
    }
    int hours = digits(2);
    int minutes = 0;
    if (at < end) {
      at += text[at] == ':' ? 1 : 0;
      minutes = digits(2);
    }
    int total = hours * 60 + minutes;
    good &= (sign == '+' || sign == '-') && minutes < 60 && total <= MAX_OFFSET_MINUTES;
    return sign == '-' ? -total : total;
  }

  private boolean isDigit(int index) {
    return index < end && text[index] >= '0' && text[index] <= '9';
  }

  private int digits(int count) {
    if (at + count > end) {
      good = false;
      return 0;
    }
    int value = 0;
    for (int i = 0; i < count; i++) {
      int digit = text[at++] - '0';
      good &= digit >= 0 && digit <= 9;
      value = value * 10 + digit;
    }
    return value;
  }

  /** Expects a separator between parts, which only the extended format has. */
  private void separator(char separator) {
    if (!basic) {
      expect(separator);
    }
  }

  /** Expects this character; {@code T} may also be lower case. */
  private void expect(char letter) {
    good &= at < end && (text[at] == letter || (letter == 'T' && text[at] == 't'));
    at++;
  }
}
