package dev.sluice.ingest.http;

/** What the write routes take a body for. */
enum Format {
  JSON,
  NDJSON,
  LINES
}
