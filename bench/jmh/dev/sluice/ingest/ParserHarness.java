package dev.sluice.ingest;

import dev.sluice.ingest.format.DevicePrefix;
import dev.sluice.ingest.format.Precision;
import dev.sluice.ingest.format.Rejections;
import dev.sluice.ingest.format.Remarks;
import dev.sluice.ingest.format.TsWindow;
import dev.sluice.ingest.format.json.JsonParser;
import dev.sluice.ingest.format.line.LineProtocolParser;
import dev.sluice.reading.ReadingBuffer;
import java.util.List;

/** The parsers with what they need around them, one call a body. */
final class ParserHarness {
  private static final long NOW = 1_795_300_000_000_000L;

  private static final TsWindow TIMES =
      new TsWindow(NOW, 946_684_800_000_000L, NOW + 86_400_000_000L, false);

  private final Remarks remarks = new Remarks();
  private final JsonParser json = new JsonParser(new DevicePrefix(), remarks, more -> {});
  private final LineProtocolParser lines =
      new LineProtocolParser(
          List.of("device_id", "host", "hostname", "device", "entity_id"),
          new DevicePrefix(),
          false,
          remarks,
          more -> {});
  private final ReadingBuffer buffer = new ReadingBuffer(1 << 20, 1 << 20);
  private final Rejections rejections = new Rejections();

  /** Readings taken from one JSON document. */
  int json(byte[] body) {
    json.parse(body, 0, body.length, TIMES, buffer, rejections);
    return buffer.count();
  }

  /** Readings taken from NDJSON. */
  int ndjson(byte[] body) {
    json.parseLines(body, 0, body.length, TIMES, buffer, rejections);
    return buffer.count();
  }

  /** Readings taken from line protocol. */
  int lines(byte[] body) {
    lines.parse(body, 0, body.length, Precision.NANOSECONDS, TIMES, buffer, rejections);
    return buffer.count();
  }
}
