package dev.sluice.ingest;

/** How a body is to be read. */
enum Format {
  JSON,
  NDJSON,
  LINES,
  UNKNOWN;

  /** What a position in this format is called. */
  String positionName() {
    return this == JSON ? "index" : "line";
  }
}
