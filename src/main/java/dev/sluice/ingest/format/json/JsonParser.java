package dev.sluice.ingest.format.json;

import dev.sluice.ingest.format.Codec;
import dev.sluice.ingest.format.DevicePrefix;
import dev.sluice.ingest.format.Outcome;
import dev.sluice.ingest.format.Rejections;
import dev.sluice.ingest.format.Remarks;
import dev.sluice.ingest.format.TsWindow;
import dev.sluice.ingest.format.Turn;
import dev.sluice.reading.MemoryClaim;
import dev.sluice.reading.ReadingBuffer;

/**
 * Parses readings from JSON: one object, an array of objects, or NDJSON; see {@link JsonElement}
 * for what an object may contain. Works on the bytes in a single pass and allocates nothing per
 * reading; only refusals cost memory, and only the few whose reason is kept.
 *
 * <p>Accepts strict RFC 8259 in valid UTF-8 (the caller skips a byte order mark), at most {@link
 * JsonCursor#MAX_DEPTH} levels deep. Any other body is {@link Outcome.Malformed} as a whole; in
 * NDJSON only that line is refused, and the others are kept. An item that is JSON but not an object
 * with readings is refused by its index, a body without a single reading as index 0.
 *
 * <p>Confined to one request at a time and reusable. Between requests it holds less than 100 KiB
 * itself, whatever came before, and still refers to the last body.
 */
public final class JsonParser {
  private enum Step {
    DONE,
    MALFORMED,
    TOO_LARGE
  }

  private final JsonCursor json;
  private final JsonElement element;
  private final Remarks remarks;
  private final Codec document = new JsonCodec(this, false);
  private final Codec lines = new JsonCodec(this, true);

  /**
   * Creates a parser to be reused for one request after another.
   *
   * @param devices asked about the device of every element
   * @param remarks counts labels, and readings stored with the time of receipt
   * @param memory called with the number of additional bytes before memory grows; what it throws is
   *     thrown by the parse, which leaves buffer and rejections undefined
   */
  public JsonParser(DevicePrefix devices, Remarks remarks, MemoryClaim memory) {
    this.remarks = remarks;
    this.json = new JsonCursor(memory);
    this.element = new JsonElement(json, devices, remarks, memory);
  }

  /**
   * Names the device of elements that name none themselves, until this is called again.
   *
   * @param at where its name is in the bodies to come
   * @param length bytes of its name, which are UTF-8; 0 to refuse such elements, as at first
   */
  public void deviceOtherwise(int at, int length) {
    element.deviceOtherwise(at, length);
  }

  /** This parser for bodies that are one JSON document. */
  public Codec document() {
    return document;
  }

  /** This parser for bodies that are NDJSON. */
  public Codec lines() {
    return lines;
  }

  /**
   * Reads one JSON document from bytes [from, to) of the body.
   *
   * @param times the times that are accepted
   * @param into cleared, then filled
   * @param rejections cleared, then filled; positions are indexes in the array, 0 for a lone object
   */
  public Outcome parse(
      byte[] body, int from, int to, TsWindow times, ReadingBuffer into, Rejections rejections) {
    begin(times, into, rejections);
    try {
      Outcome outcome = takeDocument(body, from, to, into, rejections);
      if (!(outcome instanceof Outcome.Parsed)) {
        begin(times, into, rejections);
      }
      return outcome;
    } finally {
      element.release();
    }
  }

  /**
   * Reads NDJSON, one object per line, from bytes [from, to) of the body. Blank lines are skipped.
   * Never returns {@link Outcome.Malformed}.
   *
   * @param times the times that are accepted
   * @param into cleared, then filled
   * @param rejections cleared, then filled; positions are lines, starting at 1
   */
  public Outcome parseLines(
      byte[] body, int from, int to, TsWindow times, ReadingBuffer into, Rejections rejections) {
    begin(times, into, rejections);
    try {
      Outcome outcome = takeLines(body, from, to, into, rejections);
      if (outcome instanceof Outcome.TooLarge) {
        begin(times, into, rejections);
      } else if (into.count() + rejections.count() == 0) {
        rejections.add(1, "has no reading: the body is blank");
      }
      return outcome;
    } finally {
      element.release();
    }
  }

  private void begin(TsWindow times, ReadingBuffer into, Rejections rejections) {
    into.clear();
    rejections.clear();
    remarks.clear();
    element.start(times);
  }

  private Outcome takeDocument(
      byte[] body, int from, int to, ReadingBuffer into, Rejections rejections) {
    json.start(body, from, to, false);
    Step step =
        json.peek() == '['
            ? takeArray(Turn.first(from, to), into, rejections)
            : takeElement(0, into, rejections);
    if (step == Step.DONE && json.atEnd()) {
      return Outcome.Parsed.INSTANCE;
    }
    return step == Step.TOO_LARGE
        ? Outcome.TooLarge.INSTANCE
        : Outcome.Malformed.at(body, from, json.errorAt(), json.error());
  }

  private Outcome takeLines(
      byte[] body, int from, int to, ReadingBuffer into, Rejections rejections) {
    int at = from;
    int yieldAt = Turn.first(from, to);
    for (int line = 1; at < to; line++) {
      if (at >= yieldAt) {
        yieldAt = Turn.next(at);
      }
      json.start(body, at, to, true);
      if (json.peek() != JsonCursor.NOTHING && takeLine(line, into, rejections) == Step.TOO_LARGE) {
        return Outcome.TooLarge.INSTANCE;
      }
      at = json.atLineEnd() + 1;
    }
    return Outcome.Parsed.INSTANCE;
  }

  private Step takeLine(int line, ReadingBuffer into, Rejections rejections) {
    if (!element.take(line, rejections) || !json.atEnd()) {
      rejections.rollback();
      remarks.rollback();
      rejections.add(line, rejections.wantsReason() ? "is not JSON: " + json.error() : "");
      return Step.MALFORMED;
    }
    return element.addTo(into) ? Step.DONE : Step.TOO_LARGE;
  }

  private Step takeArray(int firstYield, ReadingBuffer into, Rejections rejections) {
    int index = 0;
    int yieldAt = firstYield;
    int item = json.enterArray();
    while (item == JsonCursor.ONE_MORE) {
      if (json.at() >= yieldAt) {
        yieldAt = Turn.next(json.at());
      }
      Step step = takeElement(index++, into, rejections);
      if (step != Step.DONE) {
        return step;
      }
      item = json.nextItem();
    }
    if (index == 0) {
      rejections.add(0, "has no reading: the array is empty");
    }
    return item == JsonCursor.END ? Step.DONE : Step.MALFORMED;
  }

  private Step takeElement(int index, ReadingBuffer into, Rejections rejections) {
    if (!element.take(index, rejections)) {
      return Step.MALFORMED;
    }
    return element.addTo(into) ? Step.DONE : Step.TOO_LARGE;
  }
}
