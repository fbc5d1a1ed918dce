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
   * What {@code POST /v1/readings} makes of a {@code Content-Type}. None, or an empty one, means
   * JSON, and so does the form type that {@code curl -d} sends unless told otherwise: no form is
   * ever a reading. A type that ends in {@code +json} is another format written as JSON, and would
   * be stored as nonsense.
   */
  static Format of(ServerRequestHeaders headers) {
    if (!headers.contains(HeaderNames.CONTENT_TYPE)) {
      return JSON;
    }
    String value = headers.get(HeaderNames.CONTENT_TYPE).values();
    int end = value.indexOf(';');
    String type = (end < 0 ? value : value.substring(0, end)).strip();
    if (type.isEmpty()
        || type.equalsIgnoreCase("application/json")
        || type.equalsIgnoreCase("application/x-www-form-urlencoded")) {
      return JSON;
    }
    if (type.equalsIgnoreCase("application/x-ndjson")
        || type.equalsIgnoreCase("application/ndjson")
        || type.equalsIgnoreCase("application/jsonl")) {
      return NDJSON;
    }
    return UNKNOWN;
  }

  /** What a position in this format is called. */
  String positionName() {
    return this == JSON ? "index" : "line";
  }
}
