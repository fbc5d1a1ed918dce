package dev.sluice.ingest.format.line;

import dev.sluice.ingest.format.Codec;
import dev.sluice.ingest.format.Outcome;
import dev.sluice.ingest.format.Precision;
import dev.sluice.ingest.format.Rejections;
import dev.sluice.ingest.format.TsWindow;
import dev.sluice.ingest.format.Utf8;
import dev.sluice.reading.ReadingBuffer;

/**
 * Line protocol with timestamps of one unit; positions are lines. A byte order mark is skipped, and
 * an empty body is a body without readings, as in InfluxDB.
 */
final class LineCodec implements Codec {
  private final LineProtocolParser parser;
  private final Precision unit;

  LineCodec(LineProtocolParser parser, Precision unit) {
    this.parser = parser;
    this.unit = unit;
  }

  @Override
  public Outcome parse(
      byte[] body, int length, TsWindow times, ReadingBuffer into, Rejections rejections) {
    int from = Utf8.byteOrderMarkBytes(body, length);
    return parser.parse(body, from, length, unit, times, into, rejections);
  }

  @Override
  public String positionName() {
    return "line";
  }
}
