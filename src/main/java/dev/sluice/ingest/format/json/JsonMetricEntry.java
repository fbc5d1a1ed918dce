package dev.sluice.ingest.format.json;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.sluice.ingest.format.IgnoredKind;
import dev.sluice.ingest.format.NameCheck;
import dev.sluice.ingest.format.PendingReadings;
import dev.sluice.ingest.format.Remarks;
import dev.sluice.reading.Reading;

/**
 * One entry of a {@code metrics} array: {@code {"name":…,"value":…,"ts":…}}; {@code ts} is
 * optional, and other members are ignored and counted. Confined to its parser, which reuses it.
 */
final class JsonMetricEntry {
  private static final byte[] NAME = "name".getBytes(US_ASCII);
  private static final byte[] VALUE = "value".getBytes(US_ASCII);

  private final JsonCursor json;
  private final JsonText text;
  private final JsonTs ts;
  private final Remarks remarks;

  private boolean hasName;
  private int name;
  private int nameLength;
  private boolean namePlain;
  private boolean hasValue;
  private double value;
  private boolean hasTs;
  private long tsMicros;

  /** Why the entry cannot be stored; empty if it can. */
  private String problem = "";

  JsonMetricEntry(JsonCursor json, JsonTs ts, Remarks remarks) {
    this.remarks = remarks;
    this.json = json;
    this.text = json.text();
    this.ts = ts;
  }

  /**
   * Takes the array item that is next.
   *
   * @return false if the text is not JSON
   */
  boolean take() {
    hasName = false;
    hasValue = false;
    hasTs = false;
    problem = "";
    if (json.peek() != '{') {
      problem = "must be an object, found " + json.kind();
      return json.skip();
    }
    int member = json.enterObject();
    while (member == JsonCursor.ONE_MORE) {
      member = takeMember() ? json.nextMember() : JsonCursor.FAILED;
    }
    check();
    return member == JsonCursor.END;
  }

  /** Why the entry cannot be stored; empty if it can. */
  String problem() {
    return problem;
  }

  void addTo(PendingReadings pending) {
    pending.add(name, nameLength, namePlain, value, hasTs ? tsMicros : PendingReadings.NO_TS);
  }

  private boolean takeMember() {
    if (JsonMember.is(text, NAME)) {
      return takeName();
    }
    if (JsonMember.is(text, VALUE)) {
      return takeValue();
    }
    if (JsonMember.isTs(text)) {
      return takeTs();
    }
    remarks.ignore(IgnoredKind.startingWith(json.peek()));
    return json.skip();
  }

  private boolean takeName() {
    once(hasName, "name");
    hasName = true;
    if (json.peek() != '"') {
      refuse("name must be text, found " + json.kind());
      return json.skip();
    }
    boolean good = json.takeText();
    name = text.at();
    nameLength = text.length();
    namePlain = text.plain();
    return good;
  }

  private boolean takeValue() {
    once(hasValue, "value");
    hasValue = true;
    if (!json.peekScalar()) {
      refuse("value must be a number, found " + json.kind());
      return json.skip();
    }
    boolean good = json.takeScalar();
    value = json.scalar();
    return good;
  }

  private boolean takeTs() {
    if (hasTs) {
      refuse("has more than one of ts, timestamp and time");
    }
    hasTs = true;
    boolean good = ts.take();
    tsMicros = ts.micros();
    if (good && !ts.good()) {
      refuse(ts.reason());
    }
    return good;
  }

  private void check() {
    if (!hasName || !hasValue) {
      refuse(hasName ? "has no value" : "has no name");
    }
    if (!problem.isEmpty()) {
      return;
    }
    byte[] bytes = text.bytesOf(name);
    int at = JsonText.offsetOf(name);
    NameCheck check = NameCheck.of(bytes, at, nameLength, Reading.MAX_METRIC_BYTES, namePlain);
    if (check != NameCheck.OK) {
      refuse(check.reason("name", bytes, at, nameLength, Reading.MAX_METRIC_BYTES));
    } else if (!Double.isFinite(value)) {
      refuse("value of " + NameCheck.excerpt(bytes, at, nameLength) + " is not finite");
    }
  }

  private void once(boolean before, String member) {
    if (before) {
      refuse(member + " appears twice");
    }
  }

  /** Keeps only the first reason. */
  private void refuse(String reason) {
    if (problem.isEmpty()) {
      problem = reason;
    }
  }
}
