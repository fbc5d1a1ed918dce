package dev.sluice.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.SplittableRandom;

/**
 * One connection's request, headers and body in one array, written once: every field that varies
 * has a fixed width and is overwritten for the next request. Confined to the connection's thread.
 */
final class RequestBody {
  /** Device numbers have seven digits. */
  static final int MOST_DEVICES = 10_000_000;

  // Placeholders until the first request, as wide as their fields; none is part of another.
  private static final String DEVICE = "1111111";
  private static final String VALUE = "22.22";
  private static final String MICROS = "3333333333333333";
  private static final String MILLIS = "3333333333333.333";
  private static final int HUNDREDTHS = 9_000;

  private final byte[] bytes;
  private final int batch;
  private final boolean json;
  private final int firstAt;
  private final int length;
  private final int deviceAt;
  private final int valueAt;
  private final int tsAt;
  private final ReadingSequence sequence;
  private final SplittableRandom random;

  RequestBody(BenchConfig config, ReadingSequence sequence, SplittableRandom random) {
    this.batch = config.readings().batch();
    this.json = config.readings().format() != Format.LINES;
    this.sequence = sequence;
    this.random = random;
    String reading = reading(json);
    boolean array = config.readings().format() == Format.JSON && batch > 1;
    String body = body(config.readings().format(), reading, batch, array);
    String head = head(config, body.length());
    this.bytes = (head + body).getBytes(US_ASCII);
    this.firstAt = head.length() + (array ? 1 : 0);
    this.length = reading.length() + 1;
    this.deviceAt = reading.indexOf(DEVICE);
    this.valueAt = reading.indexOf(VALUE);
    this.tsAt = reading.indexOf(json ? MILLIS : MICROS);
  }

  /** Size of one request of this run, in bytes. */
  static long size(BenchConfig.Readings readings) {
    return 300L
        + (long) readings.batch() * (reading(readings.format() != Format.LINES).length() + 1);
  }

  /**
   * The next request, valid until the next call.
   *
   * @param micros when its readings were taken
   */
  byte[] next(long micros) {
    sequence.at(micros);
    int at = firstAt;
    for (int i = 0; i < batch; i++) {
      long ts = sequence.next();
      Digits.put7(bytes, at + deviceAt, sequence.device());
      putValue(at + valueAt);
      if (json) {
        Digits.putMillis(bytes, at + tsAt, ts);
      } else {
        Digits.put16(bytes, at + tsAt, ts);
      }
      at += length;
    }
    return bytes;
  }

  /** Writes a random value from 10.00 to 99.99. */
  private void putValue(int at) {
    int hundredths = 1_000 + random.nextInt(HUNDREDTHS);
    Digits.put4(bytes, at, hundredths);
    bytes[at + 4] = bytes[at + 3];
    bytes[at + 3] = bytes[at + 2];
    bytes[at + 2] = '.';
  }

  private static String reading(boolean json) {
    return json
        ? "{\"device_id\":\"sensor-%s\",\"ts\":%s,\"temp\":%s}".formatted(DEVICE, MILLIS, VALUE)
        : "temp,device_id=sensor-%s value=%s %s".formatted(DEVICE, VALUE, MICROS);
  }

  private static String body(Format format, String reading, int batch, boolean array) {
    return switch (format) {
      case LINES, NDJSON -> (reading + "\n").repeat(batch);
      case JSON -> array ? "[" + (reading + ",").repeat(batch - 1) + reading + "]" : reading;
    };
  }

  private static String head(BenchConfig config, int contentLength) {
    BenchConfig.Target target = config.target();
    Format format = config.readings().format();
    return "POST "
        + target.path(format)
        + " HTTP/1.1\r\nHost: "
        + target.url().getRawAuthority()
        + "\r\nUser-Agent: sluice-bench\r\nContent-Type: "
        + format.contentType()
        + target.token().map(token -> "\r\nAuthorization: Bearer " + token).orElse("")
        + "\r\nContent-Length: "
        + contentLength
        + "\r\n\r\n";
  }
}
