package dev.sluice.ingest;

import dev.sluice.http.ByteBudget;
import dev.sluice.ingest.format.Format;
import dev.sluice.ingest.format.Outcome;
import dev.sluice.ingest.format.Precision;
import dev.sluice.ingest.format.Rejections;
import dev.sluice.ingest.format.Remarks;
import dev.sluice.ingest.format.TsWindow;
import dev.sluice.ingest.format.Utf8;
import dev.sluice.ingest.format.json.JsonParser;
import dev.sluice.ingest.format.line.LineProtocolParser;
import dev.sluice.reading.ReadingBuffer;
import java.util.List;

/**
 * The memory that one request works in: its body as sent and as decoded, its readings and its
 * parsers. The parts that grow with the request are claimed from the byte budget. Confined to the
 * request that took it from {@link WorkAreas}.
 */
public final class WorkArea {
  /** Memory that an area takes before it grows, including its parsers; rounded up. */
  private static final int BASE_BYTES = 16 * 1024;

  private static final int FIRST_READING_BYTES = 4 * 1024;
  private static final int USUAL_BYTES = 128 * 1024;

  private final Claim claim;
  private final Remarks remarks = new Remarks();
  private final JsonParser json;
  private final LineProtocolParser lines;
  private final Region body;
  private final Region packed;
  private final Rejections rejections = new Rejections();
  private final ReadingBuffer readings;

  /**
   * @param budget what its memory is claimed from
   * @param deviceTags line-protocol tags that name the device; the first one present wins
   * @param refusesTexts whether a line-protocol text field is refused by name
   * @param maxReadingBytes maximum encoded size of one request's readings
   */
  public WorkArea(
      ByteBudget budget, List<String> deviceTags, boolean refusesTexts, int maxReadingBytes) {
    this.claim = new Claim(budget);
    this.json = new JsonParser(remarks, claim);
    this.lines = new LineProtocolParser(deviceTags, refusesTexts, remarks, claim);
    this.body = new Region(claim);
    this.packed = new Region(claim);
    this.readings =
        new ReadingBuffer(Math.min(FIRST_READING_BYTES, maxReadingBytes), maxReadingBytes, claim);
  }

  /**
   * Claims the memory that the area takes from the start; must be called first.
   *
   * @throws Claim.NoRoomException if there is no memory for one more request
   */
  public void begin() {
    claim.accept(BASE_BYTES);
  }

  /**
   * Parses {@code length} bytes of the body into {@link #readings()}, {@link #rejections()} and
   * {@link #remarks()}. A byte order mark at the start is skipped.
   *
   * @throws Claim.NoRoomException if there is no memory for that now
   */
  public Outcome parse(Format format, Precision precision, int length, TsWindow times) {
    byte[] bytes = body.bytes();
    int from = Utf8.isByteOrderMark(bytes, length) ? Utf8.BYTE_ORDER_MARK_BYTES : 0;
    return switch (format) {
      case JSON -> json.parse(bytes, from, length, times, readings, rejections);
      case NDJSON -> json.parseLines(bytes, from, length, times, readings, rejections);
      case LINES -> lines.parse(bytes, from, length, precision, times, readings, rejections);
      case UNKNOWN -> throw new AssertionError("a body of unknown format was let in");
    };
  }

  /** The body as the parsers read it. */
  public Region body() {
    return body;
  }

  /** The body as it was sent, if it was compressed. */
  public Region packed() {
    return packed;
  }

  public Rejections rejections() {
    return rejections;
  }

  public Remarks remarks() {
    return remarks;
  }

  public ReadingBuffer readings() {
    return readings;
  }

  /** Empties the area and gives back its claim. */
  void reset() {
    body.reset();
    packed.reset();
    rejections.clear();
    remarks.clear();
    readings.clear();
    claim.giveBack();
  }

  /**
   * Whether the area is as small as most requests leave it. A larger one should be dropped as a
   * whole, because its parsers also refer to the last body and readings.
   */
  boolean isUsual() {
    return body.isUsual() && packed.isUsual() && readings.capacity() <= USUAL_BYTES;
  }
}
