package dev.sluice.bench;

/** The format of a request's body, and the path that takes it. */
public enum Format {
  /** One object, or an array of objects. */
  JSON("/v1/readings", "application/json"),
  /** One object per line. */
  NDJSON("/v1/readings", "application/x-ndjson"),
  /** InfluxDB's line protocol, with microseconds. */
  LINES("/write?precision=us", "text/plain; charset=utf-8");

  private final String path;
  private final String contentType;

  Format(String path, String contentType) {
    this.path = path;
    this.contentType = contentType;
  }

  String path() {
    return path;
  }

  String contentType() {
    return contentType;
  }
}
