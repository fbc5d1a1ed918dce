package dev.sluice.ingest.format.json;

import dev.sluice.ingest.format.Codec;
import dev.sluice.ingest.format.Outcome;
import dev.sluice.ingest.format.Rejections;
import dev.sluice.ingest.format.TsWindow;
import dev.sluice.ingest.format.Utf8;
import dev.sluice.reading.ReadingBuffer;

/** One JSON document; positions are indexes in its array. A byte order mark is skipped. */
final class JsonCodec implements Codec {
  private final JsonParser parser;

  JsonCodec(JsonParser parser) {
    this.parser = parser;
  }

  @Override
  public Outcome parse(
      byte[] body, int length, TsWindow times, ReadingBuffer into, Rejections rejections) {
    if (length == 0) {
      return Outcome.Empty.INSTANCE;
    }
    int from = Utf8.byteOrderMarkBytes(body, length);
    return parser.parse(body, from, length, times, into, rejections);
  }

  @Override
  public String positionName() {
    return "index";
  }
}
