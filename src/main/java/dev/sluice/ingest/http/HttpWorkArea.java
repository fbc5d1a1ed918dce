package dev.sluice.ingest.http;

import dev.sluice.http.ByteBudget;
import dev.sluice.ingest.IngestConfig;
import dev.sluice.ingest.WorkArea;
import dev.sluice.ingest.format.Codec;
import dev.sluice.ingest.format.Precision;
import dev.sluice.ingest.format.json.JsonParser;
import dev.sluice.ingest.format.line.LineProtocolParser;
import dev.sluice.ingest.format.otlp.OtlpParser;
import dev.sluice.ingest.format.prometheus.RemoteWriteParser;

/** A work area with a codec for each format that the write routes offer. */
final class HttpWorkArea extends WorkArea {
  private final JsonParser json;
  private final LineProtocolParser lines;
  private final RemoteWriteParser remoteWrite;
  private final OtlpParser otlp;

  HttpWorkArea(ByteBudget budget, IngestConfig config) {
    super(budget, config.maxReadingBytes());
    boolean refusesTexts = config.textFields() == IngestConfig.TextFields.REFUSE;
    this.json = new JsonParser(devices(), remarks(), memory());
    this.lines =
        new LineProtocolParser(config.deviceTags(), devices(), refusesTexts, remarks(), memory());
    this.remoteWrite = new RemoteWriteParser(config.deviceTags(), devices(), remarks(), memory());
    this.otlp = new OtlpParser(config.otlp().deviceAttributes(), devices(), remarks(), memory());
  }

  /** The codec of this format; {@code precision} counts for {@link Format#LINES} only. */
  Codec codec(Format format, Precision precision) {
    return switch (format) {
      case JSON -> json.document();
      case NDJSON -> json.lines();
      case LINES -> lines.in(precision);
      case REMOTE_WRITE_1 -> remoteWrite.version1();
      case REMOTE_WRITE_2 -> remoteWrite.version2();
      case OTLP_PROTOBUF -> otlp.protobuf();
      case OTLP_JSON -> otlp.json();
    };
  }
}
