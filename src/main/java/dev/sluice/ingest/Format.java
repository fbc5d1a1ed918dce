package dev.sluice.ingest;

import io.helidon.http.HeaderNames;
import io.helidon.http.ServerRequestHeaders;

/** How a body is to be read. */
enum Format {
  JSON,
  NDJSON,
  LINES,
  UNKNOWN;

  /**
   * What {@code POST /v1/readings} makes of a {@code Content-Type}. None means JSON, and so does
   * the form type that {@code curl -d} sends unless told otherwise: no form is ever a reading.
   */
  static Format of(ServerRequestHeaders headers) {
    if (!headers.contains(HeaderNames.CONTENT_TYPE)) {
      return JSON;
    }
    String value = headers.get(HeaderNames.CONTENT_TYPE).values();
    int end = value.indexOf(';');
    String type = (end < 0 ? value : value.substring(0, end)).strip();
    if (type.equalsIgnoreCase("application/json")
        || type.equalsIgnoreCase("application/x-www-form-urlencoded")) {
      return JSON;
    }
    if (type.equalsIgnoreCase("application/x-ndjson")
        || type.equalsIgnoreCase("application/ndjson")
        || type.equalsIgnoreCase("application/jsonl")) {
      return NDJSON;
    }
    return type.regionMatches(true, type.length() - 5, "+json", 0, 5) ? JSON : UNKNOWN;
  }

  /** What a position in this format is called. */
  String positionName() {
    return this == JSON ? "index" : "line";
  }
}
