package dev.sluice.bench;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Writes decimal digits of a fixed width into a prepared text, four at a time from a table: a
 * generator that shares its cores with what it measures must be cheap. Pure.
 */
final class Digits {
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  /** The digits of 0000 to 9999, the first digit in the lowest byte. */
  private static final int[] FOUR = new int[10_000];

  static {
    for (int i = 0; i < FOUR.length; i++) {
      FOUR[i] =
          word((char) ('0' + i / 1_000), digit(i / 100 % 10), digit(i / 10 % 10), digit(i % 10));
    }
  }

  private Digits() {}

  private static char digit(int value) {
    return (char) ('0' + value);
  }

  /** Packs four characters the way the table stores them. */
  private static int word(char first, char second, char third, char fourth) {
    return first | second << 8 | third << 16 | fourth << 24;
  }

  static void put4(byte[] text, int at, int value) {
    INTS.set(text, at, FOUR[value]);
  }

  /** Writes 0 to 9,999,999, as two groups that share a digit. */
  static void put7(byte[] text, int at, int value) {
    put4(text, at, value / 1_000);
    put4(text, at + 3, value % 10_000);
  }

  static void put8(byte[] text, int at, int value) {
    put4(text, at, value / 10_000);
    put4(text, at + 4, value % 10_000);
  }

  /** Writes up to sixteen digits: enough for microseconds until the year 2286. */
  static void put16(byte[] text, int at, long value) {
    long high = value / 100_000_000;
    put8(text, at, (int) high);
    put8(text, at + 8, (int) (value - high * 100_000_000));
  }

  /** Writes microseconds as milliseconds with a fraction, 17 bytes: {@code 1795300000000.123}. */
  static void putMillis(byte[] text, int at, long micros) {
    long high = micros / 100_000_000;
    int low = (int) (micros - high * 100_000_000);
    put8(text, at, (int) high);
    put4(text, at + 8, low / 10_000);
    put4(text, at + 13, low % 10_000);
    text[at + 12] = text[at + 13];
    text[at + 13] = '.';
  }
}
