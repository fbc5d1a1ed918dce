package dev.sluice.ingest.format;

/** The format of a body. */
public enum Format {
  JSON,
  NDJSON,
  LINES,
  UNKNOWN;

  /** What a position in a body of this format is called. */
  public String positionName() {
    return this == JSON ? "index" : "line";
  }
}
