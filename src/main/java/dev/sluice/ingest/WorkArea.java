package dev.sluice.ingest;

import dev.sluice.http.ByteBudget;
import dev.sluice.reading.ReadingBuffer;
import java.util.List;

/**
 * The memory one request works in: its body as sent and as decoded, its readings, its parsers.
 * Confined to the request that took it from {@link WorkAreas}.
 */
final class WorkArea {
  private static final int SMALL_BYTES = 16 * 1024;
  private static final int KEEP_BYTES = 512 * 1024;

  private final JsonParser json = new JsonParser();
  private final LineProtocolParser lines;
  private final int maxReadingBytes;
  private final Region body;
  private final Region packed;
  private final Rejections rejections = new Rejections();
  private ReadingBuffer readings;

  /**
   * @param budget what bodies are claimed from
   * @param deviceTags line-protocol tags that name the device, first wins
   * @param maxReadingBytes most encoded bytes of one request's readings
   */
  WorkArea(ByteBudget budget, List<String> deviceTags, int maxReadingBytes) {
    this.lines = new LineProtocolParser(deviceTags);
    this.maxReadingBytes = maxReadingBytes;
    this.body = new Region(budget);
    this.packed = new Region(budget);
    this.readings = smallBuffer();
  }

  /** Parses {@code length} bytes of the body into {@link #readings()} and {@link #rejections()}. */
  Outcome parse(Format format, Precision precision, int length, long receivedMicros) {
    byte[] bytes = body.bytes();
    return switch (format) {
      case JSON -> json.parse(bytes, 0, length, receivedMicros, readings, rejections);
      case NDJSON -> json.parseLines(bytes, 0, length, receivedMicros, readings, rejections);
      case LINES -> lines.parse(bytes, 0, length, precision, receivedMicros, readings, rejections);
      case UNKNOWN -> throw new AssertionError("a body of unknown format was let in");
    };
  }

  /** The body as the parsers read it. */
  Region body() {
    return body;
  }

  /** The body as it was sent, when that is compressed. */
  Region packed() {
    return packed;
  }

  Rejections rejections() {
    return rejections;
  }

  ReadingBuffer readings() {
    return readings;
  }

  /** Empties the area, and gives memory back that only a rare big request needs. */
  void reset() {
    body.reset();
    packed.reset();
    rejections.clear();
    if (readings.capacity() > KEEP_BYTES) {
      readings = smallBuffer();
    } else {
      readings.clear();
    }
  }

  private ReadingBuffer smallBuffer() {
    return new ReadingBuffer(Math.min(SMALL_BYTES, maxReadingBytes), maxReadingBytes);
  }
}
