package dev.sluice.ingest.format.json;

import dev.sluice.ingest.format.DevicePrefix;
import dev.sluice.ingest.format.IgnoredKind;
import dev.sluice.ingest.format.NameCheck;
import dev.sluice.ingest.format.PendingReadings;
import dev.sluice.ingest.format.Rejections;
import dev.sluice.ingest.format.Remarks;
import dev.sluice.ingest.format.TsWindow;
import dev.sluice.reading.MemoryClaim;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBuffer;

/**
 * One JSON object with readings, in any of four shapes. Confined to its parser, which reuses it for
 * every element. A boolean counts as a number here, 1 or 0.
 *
 * <ul>
 *   <li>{@code device_id} (or {@code device}, but not both) is text; {@code ts} (or {@code
 *       timestamp}, or {@code time}, but only one of them) is optional.
 *   <li>{@code metric} is text and names the reading whose value is the number {@code value}.
 *       Without {@code metric}, {@code value} is a metric like any other.
 *   <li>{@code metrics} is an array of {@link JsonMetricEntry entries}.
 *   <li>{@code values} is an object in which every number is a reading. If it is a number itself,
 *       it is a metric like any other.
 *   <li>Every other member that is a number is a reading, even next to {@code metric}, {@code
 *       metrics} and {@code values}: a number is never dropped silently. Anything that is not a
 *       number is a label: ignored, and counted by kind.
 * </ul>
 *
 * <p>Readings come out in the order they are written, except that the one of {@code metric} and
 * {@code value} comes last; if two shapes name the same metric, the later replaces the earlier, as
 * everywhere.
 *
 * <p>A problem with one reading (its name, a value that is not finite, an entry of {@code metrics})
 * refuses only that reading. A problem with the object refuses all of it: a device or {@code ts}
 * that cannot be stored, a member name that appears twice, a named member of the wrong kind, not a
 * single reading.
 */
final class JsonElement {
  private final JsonCursor json;
  private final JsonText text;
  private final JsonTs ts;
  private final JsonMetricEntry entry;
  private final NameSet names;
  private final NameSet namesOfValues;
  private final DevicePrefix devices;
  private final Remarks remarks;
  private final PendingReadings pending;

  private int position;
  private Rejections rejections = new Rejections();
  private int refusedReadings;
  private long nowMicros;

  /** Why the whole element is refused; empty if it is not. */
  private String problem = "";

  /** The device of an element that names none, as a span of the body; no bytes if there is none. */
  private int givenDevice;

  private int givenDeviceLength;

  private boolean hasDevice;
  private int device;
  private int deviceLength;
  private boolean hasMetric;
  private int metric;
  private int metricLength;
  private boolean metricPlain;
  private boolean hasValue;

  /** What kind of value {@code value} has; empty for a number. */
  private String valueKind = "";

  private IgnoredKind valueIgnored = IgnoredKind.NULL;

  private int valueName;
  private int valueLength;
  private double value;
  private boolean hasTs;
  private long tsMicros;

  /**
   * @param devices asked about the device of every element
   * @param remarks counts labels, and readings stored with the time of receipt
   * @param memory called with the number of additional bytes before memory grows; may throw
   */
  JsonElement(JsonCursor json, DevicePrefix devices, Remarks remarks, MemoryClaim memory) {
    this.devices = devices;
    this.remarks = remarks;
    this.json = json;
    this.text = json.text();
    this.ts = new JsonTs(json);
    this.entry = new JsonMetricEntry(json, ts, remarks);
    this.names = new NameSet(text, memory);
    this.namesOfValues = new NameSet(text, memory);
    this.pending = new PendingReadings(memory);
  }

  /** Prepares for the elements of one request. */
  void start(TsWindow times) {
    ts.start(times);
    nowMicros = times.nowMicros();
  }

  /** See {@link JsonParser#deviceOtherwise}. */
  void deviceOtherwise(int at, int length) {
    givenDevice = at;
    givenDeviceLength = length;
  }

  /**
   * Takes the value that is next, and adds whatever of it cannot be stored to {@code refused}, at
   * position {@code at}.
   *
   * @return false if the text is not JSON
   */
  boolean take(int at, Rejections refused) {
    position = at;
    rejections = refused;
    rejections.mark();
    remarks.mark();
    reset();
    if (json.peek() != '{') {
      problem = "must be an object, found " + json.kind();
      boolean good = json.skip();
      settle();
      return good;
    }
    int member = json.enterObject();
    while (member == JsonCursor.ONE_MORE) {
      member = takeMember() ? json.nextMember() : JsonCursor.FAILED;
    }
    if (member == JsonCursor.END) {
      finish();
    }
    return member == JsonCursor.END;
  }

  /**
   * Adds the readings of the element just taken.
   *
   * @return false if they do not fit
   */
  boolean addTo(ReadingBuffer into) {
    byte[] deviceBytes = text.bytesOf(device);
    int deviceAt = JsonText.offsetOf(device);
    int restamped = 0;
    for (int i = 0; i < pending.count(); i++) {
      int name = pending.name(i);
      long micros = pending.tsMicros(i);
      micros = micros == PendingReadings.NO_TS ? tsMicros : micros;
      if (micros < 0) {
        restamped += micros == PendingReadings.RECEIPT ? 1 : 0;
        micros = nowMicros;
      }
      boolean fits =
          into.add(
              deviceBytes,
              deviceAt,
              deviceLength,
              text.bytesOf(name),
              JsonText.offsetOf(name),
              pending.length(i),
              micros,
              pending.value(i));
      if (!fits) {
        return false;
      }
    }
    remarks.restamp(restamped);
    return true;
  }

  /** Drops memory held for an unusually long element. */
  void release() {
    names.release();
    namesOfValues.release();
    pending.release();
    text.release();
  }

  private void reset() {
    text.forget(0);
    names.clear();
    pending.clear();
    refusedReadings = 0;
    problem = "";
    hasDevice = false;
    hasMetric = false;
    hasValue = false;
    hasTs = false;
    tsMicros = PendingReadings.NO_TS;
  }

  private boolean takeMember() {
    if (!problem.isEmpty()) {
      return json.skip();
    }
    if (!names.add(text.at(), text.length())) {
      refuse("member " + excerpt(text.at(), text.length()) + " appears twice");
      return json.skip();
    }
    return switch (JsonMember.of(text)) {
      case DEVICE -> takeDevice();
      case TS -> takeTs();
      case METRIC -> takeMetric();
      case METRICS -> takeMetrics();
      case VALUES -> takeValues();
      case VALUE -> takeValue();
      case OTHER -> takeReadingOrLabel();
    };
  }

  private boolean takeReadingOrLabel() {
    if (json.peekScalar()) {
      return takeReading();
    }
    remarks.ignore(IgnoredKind.startingWith(json.peek()));
    return json.skip();
  }

  private boolean takeReading() {
    int name = text.at();
    int length = text.length();
    boolean plain = text.plain();
    if (!json.takeScalar()) {
      return false;
    }
    addReading(name, length, plain, json.scalar());
    return true;
  }

  private void addReading(int name, int length, boolean plain, double number) {
    byte[] bytes = text.bytesOf(name);
    int at = JsonText.offsetOf(name);
    NameCheck check = NameCheck.of(bytes, at, length, Reading.MAX_METRIC_BYTES, plain);
    if (check == NameCheck.OK && Double.isFinite(number)) {
      pending.add(name, length, plain, number, PendingReadings.NO_TS);
      return;
    }
    if (!rejections.wantsReason()) {
      refuseReading("");
    } else if (check == NameCheck.OK) {
      refuseReading("value of " + excerpt(name, length) + " is not finite");
    } else {
      refuseReading(check.reason("metric", bytes, at, length, Reading.MAX_METRIC_BYTES));
    }
  }

  private boolean takeDevice() {
    if (hasDevice) {
      refuse("device_id and device are the same member; send one");
    } else if (json.peek() != '"') {
      refuse("device_id must be text, found " + json.kind());
    }
    if (!problem.isEmpty()) {
      return json.skip();
    }
    if (!json.takeText()) {
      return false;
    }
    nameDevice(text.at(), text.length(), text.plain());
    return true;
  }

  private void nameDevice(int named, int length, boolean plain) {
    hasDevice = true;
    device = named;
    deviceLength = length;
    byte[] bytes = text.bytesOf(device);
    int at = JsonText.offsetOf(device);
    NameCheck check = NameCheck.of(bytes, at, deviceLength, Reading.MAX_DEVICE_BYTES, plain);
    if (check != NameCheck.OK) {
      refuse(check.reason("device_id", bytes, at, deviceLength, Reading.MAX_DEVICE_BYTES));
    } else if (!devices.begins(bytes, at, deviceLength)) {
      refuse(
          rejections.wantsReason()
              ? devices.refusal(bytes, at, deviceLength)
              : "device is none of this token's");
    }
  }

  private boolean takeTs() {
    if (hasTs) {
      refuse("ts, timestamp and time are the same member; send one");
      return json.skip();
    }
    hasTs = true;
    boolean good = ts.take();
    tsMicros = ts.micros();
    if (good && !ts.good()) {
      refuse(rejections.wantsReason() ? ts.reason() : "ts cannot be stored");
    }
    return good;
  }

  private boolean takeMetric() {
    if (json.peek() != '"') {
      refuse("metric must be text, found " + json.kind());
      return json.skip();
    }
    boolean good = json.takeText();
    hasMetric = true;
    metric = text.at();
    metricLength = text.length();
    metricPlain = text.plain();
    return good;
  }

  private boolean takeValue() {
    hasValue = true;
    valueName = text.at();
    valueLength = text.length();
    valueKind = json.peekScalar() ? "" : json.kind();
    if (!valueKind.isEmpty()) {
      valueIgnored = IgnoredKind.startingWith(json.peek());
      return json.skip();
    }
    boolean good = json.takeScalar();
    value = json.scalar();
    return good;
  }

  private boolean takeValues() {
    if (json.peekScalar()) {
      return takeReading();
    }
    if (json.peek() != '{') {
      refuse("values must be an object of numbers, found " + json.kind());
      return json.skip();
    }
    namesOfValues.clear();
    int member = json.enterObject();
    while (member == JsonCursor.ONE_MORE) {
      member = takeOneOfValues() ? json.nextMember() : JsonCursor.FAILED;
    }
    return member == JsonCursor.END;
  }

  private boolean takeOneOfValues() {
    if (!problem.isEmpty()) {
      return json.skip();
    }
    if (!namesOfValues.add(text.at(), text.length())) {
      refuse("member " + excerpt(text.at(), text.length()) + " of values appears twice");
      return json.skip();
    }
    return takeReadingOrLabel();
  }

  private boolean takeMetrics() {
    if (json.peek() != '[') {
      refuse("metrics must be an array of {\"name\",\"value\"}, found " + json.kind());
      return json.skip();
    }
    int index = 0;
    int item = json.enterArray();
    while (item == JsonCursor.ONE_MORE) {
      item = takeEntry(index++) ? json.nextItem() : JsonCursor.FAILED;
    }
    return item == JsonCursor.END;
  }

  private boolean takeEntry(int index) {
    boolean good = entry.take();
    if (entry.problem().isEmpty()) {
      entry.addTo(pending);
    } else {
      refuseReading(rejections.wantsReason() ? "metrics[" + index + "]: " + entry.problem() : "");
    }
    return good;
  }

  /** Decides what can be decided only once all members are known. */
  private void finish() {
    if (problem.isEmpty()) {
      takePair();
    }
    if (!hasDevice && givenDeviceLength > 0) {
      nameDevice(givenDevice, givenDeviceLength, false);
    }
    if (!hasDevice) {
      refuse("has no device_id");
    } else if (pending.count() + refusedReadings == 0) {
      refuse("has no reading: no member is a number or a boolean");
    }
    settle();
  }

  /** Adds the reading of {@code value}, named by {@code metric} if there is one. */
  private void takePair() {
    if (!hasMetric) {
      if (hasValue && valueKind.isEmpty()) {
        addReading(valueName, valueLength, true, value);
      } else if (hasValue) {
        remarks.ignore(valueIgnored);
      }
      return;
    }
    if (!hasValue || !valueKind.isEmpty()) {
      String found = hasValue ? "needs a number as value, found " + valueKind : "has no value";
      refuseReading("metric " + excerpt(metric, metricLength) + " " + found);
    } else {
      addReading(metric, metricLength, metricPlain, value);
    }
  }

  /** A refused element leaves no readings, and one rejection instead of those of its readings. */
  private void settle() {
    if (!problem.isEmpty()) {
      pending.clear();
      rejections.rollback();
      remarks.rollback();
      rejections.add(position, problem);
    }
  }

  /** Keeps only the first reason. */
  private void refuse(String reason) {
    if (problem.isEmpty()) {
      problem = reason;
    }
  }

  private void refuseReading(String reason) {
    refusedReadings++;
    rejections.add(position, reason);
  }

  private String excerpt(int name, int length) {
    return NameCheck.excerpt(text.bytesOf(name), JsonText.offsetOf(name), length);
  }
}
