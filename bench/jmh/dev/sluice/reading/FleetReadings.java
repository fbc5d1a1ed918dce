package dev.sluice.reading;

import static java.nio.charset.StandardCharsets.US_ASCII;

/** Readings as collectors send them: a device on every line, one metric, timestamps that rise. */
public final class FleetReadings {
  private static final byte[] TEMP = "temp".getBytes(US_ASCII);
  private static final long FIRST_MICROS = 1_795_300_000_000_000L;

  private FleetReadings() {}

  /**
   * Fills the buffer anew.
   *
   * @param first number of the first reading, from which device and timestamp follow
   */
  public static void fill(ReadingBuffer buffer, long first, int readings, int devices) {
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

  /** Appends as many readings to the batch, as a reader of the journal would. */
  public static void append(ReadingBatch batch, long first, int readings, int devices) {
    ReadingBuffer buffer = new ReadingBuffer(1 << 16, 1 << 20);
    fill(buffer, first, readings, devices);
    append(batch, buffer);
  }

  /** Decodes every chunk of the buffer behind what the batch holds. */
  public static void append(ReadingBatch batch, ReadingBuffer buffer) {
    for (int i = 0; i < buffer.chunks(); i++) {
      int count = buffer.chunkCount(i);
      batch.decode(buffer.array(), buffer.chunkStart(i), buffer.chunkEnd(i), count, 0, count);
    }
  }
}
