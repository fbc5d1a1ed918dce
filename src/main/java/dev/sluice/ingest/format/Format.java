package dev.sluice.ingest.format;

/** How a body is to be read. */
public enum Format {
  JSON,
  NDJSON,
  LINES,
  UNKNOWN;

  /** What a position in this format is called. */
  public String positionName() {
    return this == JSON ? "index" : "line";
  }
}
