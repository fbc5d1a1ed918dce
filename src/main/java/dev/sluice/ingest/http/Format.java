package dev.sluice.ingest.http;

/** What the write routes take a body for. */
enum Format {
  JSON,
  NDJSON,
  LINES,
  REMOTE_WRITE_1,
  REMOTE_WRITE_2,
  OTLP_PROTOBUF,
  OTLP_JSON;

  /** Whether this is a version of Prometheus remote write. */
  boolean isRemoteWrite() {
    return this == REMOTE_WRITE_1 || this == REMOTE_WRITE_2;
  }

  /** Whether this is OTLP, in either encoding. */
  boolean isOtlp() {
    return this == OTLP_PROTOBUF || this == OTLP_JSON;
  }
}
