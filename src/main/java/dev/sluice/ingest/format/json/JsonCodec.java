package dev.sluice.ingest.format.json;

import dev.sluice.ingest.format.Codec;
import dev.sluice.ingest.format.Outcome;
import dev.sluice.ingest.format.Rejections;
import dev.sluice.ingest.format.TsWindow;
import dev.sluice.ingest.format.Utf8;
import dev.sluice.reading.ReadingBuffer;

/**
 * One JSON document, whose positions are indexes in its array, or NDJSON, one object per line,
 * whose positions are lines. A byte order mark is skipped.
 */
record JsonCodec(JsonParser parser, boolean ndjson) implements Codec {
  @Override
  public Outcome parse(
      byte[] body, int length, TsWindow times, ReadingBuffer into, Rejections rejections) {
    if (length == 0) {
      return Outcome.Empty.INSTANCE;
    }
    int from = Utf8.byteOrderMarkBytes(body, length);
    return ndjson
        ? parser.parseLines(body, from, length, times, into, rejections)
        : parser.parse(body, from, length, times, into, rejections);
  }

  @Override
  public String positionName() {
    return ndjson ? "line" : "index";
  }
}
