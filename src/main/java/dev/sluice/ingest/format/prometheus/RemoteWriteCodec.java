package dev.sluice.ingest.format.prometheus;

import dev.sluice.ingest.format.Codec;
import dev.sluice.ingest.format.Outcome;
import dev.sluice.ingest.format.Rejections;
import dev.sluice.ingest.format.TsWindow;
import dev.sluice.reading.ReadingBuffer;

/** One version of remote write; positions are indexes of series. */
record RemoteWriteCodec(RemoteWriteParser parser, Version version) implements Codec {
  @Override
  public Outcome parse(
      byte[] body, int length, TsWindow times, ReadingBuffer into, Rejections rejections) {
    return parser.parse(body, length, version, times, into, rejections);
  }

  @Override
  public String positionName() {
    return "index";
  }
}
