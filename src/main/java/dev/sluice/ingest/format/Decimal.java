package dev.sluice.ingest.format;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.sluice.reading.Reading;
import java.util.Arrays;

/**
 * One decimal number as it was written, scanned once and then read as whatever is needed: the
 * nearest double, or a timestamp without a detour through a double. Confined to its parser, which
 * reuses it for every number.
 */
public final class Decimal {
  /** Returned for a timestamp outside 0..{@link Reading#MAX_TS_MICROS}. */
  static final long OUT_OF_RANGE = -1;

  /** The most digits that always fit into an unsigned long. */
  private static final int MAX_DIGITS = 19;

  /** A larger exponent means zero or infinity, whatever the digits in a body. */
  private static final long MAX_EXPONENT = 1L << 40;

  private static final double[] POWER_OF_TEN = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22
  };
  private static final long[] LONG_POWER_OF_TEN = new long[MAX_DIGITS];

  static {
    LONG_POWER_OF_TEN[0] = 1;
    for (int i = 1; i < MAX_DIGITS; i++) {
      LONG_POWER_OF_TEN[i] = LONG_POWER_OF_TEN[i - 1] * 10;
    }
  }

  private byte[] source = new byte[0];
  private int from;
  private int to;
  private int integerDigits;
  private int fractionDigits;
  private boolean point;
  private boolean negative;

  /** The number is {@code digits * 10^exponent}; digits are unsigned. */
  private long digits;

  private long exponent;

  /** Whether digits other than 0 had to be left out. */
  private boolean cut;

  /**
   * Scans {@code -? digit* ('.' digit*)? ([eE] [+-]? digit+)?}, a superset of the numbers of JSON
   * and line protocol; each format then asks below whether the number is valid there.
   *
   * @return the offset after the number; an exponent without a digit is not part of it
   */
  public int scan(byte[] bytes, int at, int end) {
    int i = at;
    negative = i < end && bytes[i] == '-';
    if (negative) {
      i++;
    }
    int first = i;
    long sum = 0;
    int digit;
    while (i < end && (digit = bytes[i] - '0') >= 0 && digit <= 9) {
      sum = sum * 10 + digit;
      i++;
    }
    integerDigits = i - first;
    point = i < end && bytes[i] == '.';
    if (point) {
      int fraction = ++i;
      while (i < end && (digit = bytes[i] - '0') >= 0 && digit <= 9) {
        sum = sum * 10 + digit;
        i++;
      }
      fractionDigits = i - fraction;
    } else {
      fractionDigits = 0;
    }
    source = bytes;
    from = at;
    digits = sum;
    exponent = -fractionDigits;
    cut = false;
    if (integerDigits + fractionDigits > MAX_DIGITS) {
      rescan(first, i);
    }
    if (i < end && (bytes[i] | 0x20) == 'e') {
      i = scanExponent(i, end);
    }
    to = i;
    return i;
  }

  /** Whether it is a valid number according to RFC 8259. */
  public boolean isJson() {
    return integerDigits > 0
        && (integerDigits == 1 || source[negative ? from + 1 : from] != '0')
        && (!point || fractionDigits > 0);
  }

  /** Whether it has a digit before the exponent, which is all that line protocol requires. */
  public boolean isNumber() {
    return integerDigits + fractionDigits > 0;
  }

  /** Whether it consists only of digits after an optional minus. */
  public boolean isInteger() {
    return integerDigits > 0 && to - from == integerDigits + (negative ? 1 : 0);
  }

  public boolean isNegative() {
    return negative;
  }

  /** Whether its integer digits, without leading zeros, are at most {@code greatest}. */
  public boolean isAtMost(byte[] greatest) {
    int first = negative ? from + 1 : from;
    int end = first + integerDigits;
    while (first < end && source[first] == '0') {
      first++;
    }
    if (end - first != greatest.length) {
      return end - first < greatest.length;
    }
    return Arrays.compareUnsigned(source, first, end, greatest, 0, greatest.length) <= 0;
  }

  /** The same bits as {@link Double#parseDouble} returns; infinite if the number is too large. */
  public double toDouble() {
    double value;
    if (!cut && digits >>> 53 == 0 && exponent >= -22 && exponent <= 22) {
      // Both operands are exact doubles, so the single rounding is the right one (Clinger).
      value =
          exponent < 0
              ? digits / POWER_OF_TEN[(int) -exponent]
              : digits * POWER_OF_TEN[(int) exponent];
    } else {
      value = EiselLemire.toDouble(digits, exponent);
      if (cut && value != EiselLemire.toDouble(digits + 1, exponent)) {
        // The digits left out decide; this is rare enough to allocate.
        return Double.parseDouble(new String(source, from, to - from, ISO_8859_1));
      }
    }
    return negative ? -value : value;
  }

  /**
   * Converts the number from milliseconds to microseconds since the epoch, cutting off further
   * digits.
   *
   * @return microseconds, or {@link #OUT_OF_RANGE} if no store can hold the time
   */
  public long millisToMicros() {
    if (digits == 0) {
      return 0;
    }
    long shift = exponent + 3;
    if (negative || shift >= MAX_DIGITS) {
      return OUT_OF_RANGE;
    }
    if (shift <= -MAX_DIGITS) {
      return 0;
    }
    if (shift > 0) {
      long power = LONG_POWER_OF_TEN[(int) shift];
      return Long.compareUnsigned(digits, Reading.MAX_TS_MICROS / power) > 0
          ? OUT_OF_RANGE
          : digits * power;
    }
    long micros = Long.divideUnsigned(digits, LONG_POWER_OF_TEN[(int) -shift]);
    return Long.compareUnsigned(micros, Reading.MAX_TS_MICROS) > 0 ? OUT_OF_RANGE : micros;
  }

  /** Takes the first 19 significant digits; called only if the sum may have overflowed. */
  private void rescan(int first, int end) {
    digits = 0;
    int taken = 0;
    int left = 0;
    for (int i = first; i < end; i++) {
      int digit = source[i] - '0';
      if (source[i] == '.' || (taken == 0 && digit == 0)) {
        continue;
      }
      if (taken < MAX_DIGITS) {
        digits = digits * 10 + digit;
        taken++;
      } else {
        left++;
        cut |= digit != 0;
      }
    }
    exponent += left;
  }

  private int scanExponent(int e, int end) {
    int i = e + 1;
    boolean minus = i < end && source[i] == '-';
    if (i < end && (minus || source[i] == '+')) {
      i++;
    }
    int first = i;
    long sum = 0;
    int digit;
    while (i < end && (digit = source[i] - '0') >= 0 && digit <= 9) {
      sum = Math.min(sum * 10 + digit, MAX_EXPONENT);
      i++;
    }
    if (i == first) {
      return e;
    }
    exponent += minus ? -sum : sum;
    return i;
  }
}
