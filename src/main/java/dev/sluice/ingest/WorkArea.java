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
 * The memory one request works in: its body as sent and as decoded, its readings, its parsers. What
 * of it grows with the request is claimed from the byte budget. Confined to the request that took
 * it from {@link WorkAreas}.
 */
public final class WorkArea {
  /** What an area takes before it grows, with its parsers; rounded up. */
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
   * @param deviceTags line-protocol tags that name the device, first wins
   * @param refusesTexts whether a text field of line protocol is refused by name
   * @param maxReadingBytes most encoded bytes of one request's readings
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
   * Claims what it takes already; before all else.
   *
   * @throws Claim.NoRoomException when there is no memory for one more request
   */
  public void begin() {
    claim.accept(BASE_BYTES);
  }

  /**
   * Parses {@code length} bytes of the body into {@link #readings()}, {@link #rejections()} and
   * {@link #remarks()}. A byte order mark at its start is none of it.
   *
   * @throws Claim.NoRoomException when there is no memory for that now
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

  /** The body as it was sent, when that is compressed. */
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

  /** Empties the area and gives its claim back. */
  void reset() {
    body.reset();
    packed.reset();
    rejections.clear();
    remarks.clear();
    readings.clear();
    claim.giveBack();
  }

  /**
   * Whether the area is as small as most requests leave it. One that is not should be let go of as
   * a whole: its parsers refer to the last body and readings too.
   */
  boolean isUsual() {
    return body.isUsual() && packed.isUsual() && readings.capacity() <= USUAL_BYTES;
  }
}
