package dev.sluice.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.sluice.reading.ReadingBuffer;

/** Readings as collectors send them: a device on every line, one metric, timestamps that rise. */
final class Fleet {
  private static final byte[] TEMP = "temp".getBytes(US_ASCII);
  private static final long FIRST_MICROS = 1_795_300_000_000_000L;

  private Fleet() {}

  /**
   * Fills the buffer anew.
   *
   * @param first number of the first reading, from which device and timestamp follow
   */
  static void fill(ReadingBuffer buffer, long first, int readings, int devices) {
    buffer.clear();
    byte[] device = "sensor-0000000".getBytes(US_ASCII);
    for (long n = first; n < first + readings; n++) {
      long rest = n * 617 % devices;
      for (int digit = device.length - 1; digit >= device.length - 7; digit--) {
        device[digit] = (byte) ('0' + rest % 10);
        rest /= 10;
      }
      double value = 15 + n % 200 / 10.0;
      if (!buffer.add(device, 0, device.length, TEMP, 0, TEMP.length, FIRST_MICROS + n, value)) {
        throw new AssertionError("no room for reading " + n);
      }
    }
  }
}
