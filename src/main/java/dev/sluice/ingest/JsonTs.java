package dev.sluice.ingest;

/**
 * The {@code ts} member: a number of milliseconds since the epoch, or an ISO-8601 text. Confined to
 * its parser.
 */
final class JsonTs {
  private static final long WRONG_KIND = -3;

  private final JsonCursor json;
  private final IsoTime iso = new IsoTime();
  private long micros;
  private int from;
  private int to;

  JsonTs(JsonCursor json) {
    this.json = json;
  }

  /**
   * Takes the value that is next.
   *
   * @return false when the text is not JSON
   */
  boolean take() {
    int next = json.peek();
    from = json.at();
    boolean good;
    if (json.peekNumber()) {
      good = json.takeNumber();
      micros =
          good && json.decimal().millisToMicros() >= 0
              ? json.decimal().millisToMicros()
              : IsoTime.OUT_OF_RANGE;
    } else if (next == '"') {
      good = json.takeText();
      JsonText text = json.text();
      micros = iso.parse(text.bytesOf(text.at()), JsonText.offsetOf(text.at()), text.length());
    } else {
      micros = WRONG_KIND;
      good = json.skip();
    }
    to = json.at();
    return good;
  }

  /** Whether the last one taken can be stored. */
  boolean good() {
    return micros >= 0;
  }

  /** Microseconds since the epoch, when {@link #good()}. */
  long micros() {
    return micros;
  }

  /** Why the last one taken cannot be stored. */
  String reason() {
    String found = "ts " + NameCheck.raw(json.body(), from, to - from);
    if (micros == IsoTime.OUT_OF_RANGE) {
      return found + " is outside 1970-01-01..9999-12-31";
    }
    return found
        + (micros == IsoTime.INVALID
            ? " is not an ISO-8601 time with an offset, such as 2026-11-21T22:00:00.123456Z"
            : " is neither a number of milliseconds nor a text");
  }
}
