package dev.sluice.ingest.format.json;

import dev.sluice.ingest.format.IsoTime;
import dev.sluice.ingest.format.NameCheck;
import dev.sluice.ingest.format.PendingReadings;
import dev.sluice.ingest.format.Precision;
import dev.sluice.ingest.format.TsWindow;
import dev.sluice.reading.Reading;

/**
 * The {@code ts} member: a number of milliseconds since the epoch, or an ISO-8601 text; also checks
 * it against the request's {@link TsWindow}. Confined to its parser.
 */
final class JsonTs {
  private static final long WRONG_KIND = -3;
  private static final long OUTSIDE = -4;

  private final JsonCursor json;
  private final IsoTime iso = new IsoTime();
  private TsWindow window = new TsWindow(0, 0, Reading.MAX_TS_MICROS, false);
  private long micros;

  /** The time as sent, before it was checked against the window. */
  private long sentMicros;

  private boolean number;
  private int from;
  private int to;

  JsonTs(JsonCursor json) {
    this.json = json;
  }

  /** Prepares for the times of one request. */
  void start(TsWindow times) {
    window = times;
  }

  /**
   * Takes the value that is next.
   *
   * @return false if the text is not JSON
   */
  boolean take() {
    int next = json.peek();
    from = json.at();
    boolean good;
    number = json.peekNumber();
    if (number) {
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
    judge();
    return good;
  }

  private void judge() {
    sentMicros = micros;
    boolean time = micros >= 0 || micros == IsoTime.OUT_OF_RANGE;
    if (time && !window.holds(micros)) {
      micros = window.restamps() ? PendingReadings.RECEIPT : OUTSIDE;
    }
  }

  /** Whether the last time taken can be stored. */
  boolean good() {
    return micros >= 0 || micros == PendingReadings.RECEIPT;
  }

  /** If {@link #good()}: microseconds since the epoch, or {@link PendingReadings#RECEIPT}. */
  long micros() {
    return micros;
  }

  /** Why the last time taken cannot be stored. */
  String reason() {
    String found = "ts " + NameCheck.raw(json.body(), from, to - from);
    if (micros == OUTSIDE && number) {
      return window.refusal(
          found,
          json.decimal().toDouble(),
          Precision.MILLISECONDS,
          unit -> unit + "? Send milliseconds.");
    }
    if (micros == OUTSIDE) {
      return sentMicros >= 0
          ? window.refusal(found, (double) sentMicros)
          : found + " is outside 1970-01-01..9999-12-31";
    }
    return found
        + (micros == IsoTime.INVALID
            ? " is not an ISO-8601 time with an offset, such as 2026-11-21T22:00:00.123456Z"
            : " is neither a number of milliseconds nor a string");
  }
}
