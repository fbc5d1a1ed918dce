package dev.sluice.ingest.format.otlp;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.ingest.format.BodyText;
import dev.sluice.ingest.format.DevicePrefix;
import dev.sluice.ingest.format.IgnoredKind;
import dev.sluice.ingest.format.NameCheck;
import dev.sluice.ingest.format.Outcome;
import dev.sluice.ingest.format.PendingReadings;
import dev.sluice.ingest.format.Precision;
import dev.sluice.ingest.format.Rejections;
import dev.sluice.ingest.format.Remarks;
import dev.sluice.ingest.format.Tags;
import dev.sluice.ingest.format.TsWindow;
import dev.sluice.ingest.format.UnusableBodyException;
import dev.sluice.ingest.format.Utf8;
import dev.sluice.reading.MemoryClaim;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * Makes readings of data points. A codec says what it reads, from the outside in: a resource and
 * its attributes, a metric's name, a data point and its attributes. A data point is kept or refused
 * as a whole. Confined to its codec, which reuses it.
 *
 * <p>The device is the first attribute present, in the configured order, of the resource, else of
 * the data point. The metric is the metric's name, for histograms and summaries with an ending,
 * followed by the data point's other attributes as labels.
 */
final class PointReadings {
  private static final byte[] LE = ascii("le");
  private static final byte[] QUANTILE = ascii("quantile");
  private static final byte[][] LE_KEY = {LE};
  private static final byte[][] QUANTILE_KEY = {QUANTILE};
  private static final byte[] NO_ENDING = {};
  private static final byte[] COUNT = ascii("_count");
  private static final byte[] SUM = ascii("_sum");
  private static final byte[] MIN = ascii("_min");
  private static final byte[] MAX = ascii("_max");
  private static final byte[] BUCKET = ascii("_bucket");
  private static final int NOWHERE = Integer.MAX_VALUE;

  private final BodyText text;
  private final byte[][] deviceKeys;
  private final DevicePrefix devices;
  private final String noDevice;
  private final Remarks remarks;
  private final DataPoint point;
  private final Tags labels;
  private final PendingReadings pending;

  private TsWindow window = new TsWindow(0, 0, Reading.MAX_TS_MICROS, false);
  private ReadingBuffer into = new ReadingBuffer(1, 1);
  private Rejections rejections = new Rejections();
  private int points;

  /** The resource's device, as far as it is known; its rank is that of its key. */
  private int resourceRank;

  private int resourceDeviceAt;
  private int resourceDeviceLength;

  private int nameAt;
  private int nameLength;

  private int held;
  private int deviceAt;
  private int deviceLength;
  private boolean deviceIsLabel;
  private final byte[] metric = new byte[Reading.MAX_METRIC_BYTES];
  private final byte[] suffix = new byte[Reading.MAX_METRIC_BYTES];
  private int suffixLength;
  private String problem = "";

  /**
   * @param text the codec's texts; what the codec passes on is in there
   * @param deviceAttributes attributes that name the device; the first one present is used
   * @param devices asked about the device of every data point
   * @param remarks counts data points without a value, what histograms have that is not kept, and
   *     readings stored with the time of receipt
   * @param memory called with the number of additional bytes before memory grows; may throw
   */
  PointReadings(
      BodyText text,
      List<String> deviceAttributes,
      DevicePrefix devices,
      Remarks remarks,
      MemoryClaim memory) {
    this.text = text;
    this.deviceKeys =
        deviceAttributes.stream().map(key -> key.getBytes(UTF_8)).toArray(byte[][]::new);
    this.devices = devices;
    this.noDevice =
        "has no device: neither its resource nor itself has one of the attributes "
            + String.join(", ", deviceAttributes)
            + " (ingest.otlp-device-attributes)";
    this.remarks = remarks;
    this.point = new DataPoint(memory);
    this.labels = new Tags(text, "attribute");
    this.pending = new PendingReadings(memory);
  }

  /** Prepares for the data points of one body, and clears what they go into. */
  void start(TsWindow times, ReadingBuffer buffer, Rejections refused) {
    window = times;
    into = buffer;
    rejections = refused;
    points = 0;
    clear();
  }

  /** Forgets what was made of the body. */
  void clear() {
    into.clear();
    rejections.clear();
    remarks.clear();
  }

  /** Drops memory held for an unusual body. */
  void release() {
    text.release();
    pending.release();
    point.release();
  }

  /** The attributes that follow are of another resource. */
  void startResource() {
    resourceRank = NOWHERE;
  }

  /** Takes an attribute of the resource. */
  void resourceAttribute(Attribute attribute) {
    int rank = rank(attribute.keyAt, attribute.keyLength);
    if (rank < resourceRank && attribute.valueLength > 0) {
      resourceRank = rank;
      resourceDeviceAt = attribute.valueAt;
      resourceDeviceLength = attribute.valueLength;
    }
  }

  /** The data points that follow are of a metric with this name, the last text. */
  void startMetric(int at, int length) {
    nameAt = at;
    nameLength = length;
  }

  /** Refuses a metric with data that cannot be read, so that it does not just disappear. */
  void unknownData() {
    remarks.mark();
    refuse(
        "has none of the kinds of data known here: gauge, sum, histogram, exponential histogram,"
            + " summary");
    points++;
  }

  /** The numbers of the data point that follows, without any yet. */
  DataPoint startPoint() {
    held = text.held();
    remarks.mark();
    problem = "";
    labels.clear();
    point.clear();
    return point;
  }

  /** Takes an attribute of the data point. */
  void pointAttribute(Attribute attribute) {
    if (!attribute.unusable.isEmpty()) {
      problem(
          "has the attribute %s, whose value is %s, which cannot be a label"
              .formatted(excerpt(attribute.keyAt, attribute.keyLength), attribute.unusable));
      return;
    }
    if (attribute.keyLength == 0) {
      problem("has an attribute without a key");
      return;
    }
    problem(
        labels.add(attribute.keyAt, attribute.keyLength, attribute.valueAt, attribute.valueLength));
  }

  /**
   * Makes the readings of the data point, or refuses it.
   *
   * @param hasBuckets whether it is an exponential histogram with buckets
   */
  void endPoint(DataKind kind, boolean hasBuckets) throws UnusableBodyException {
    if (point.isEmpty()) {
      remarks.ignore(IgnoredKind.NULL);
    } else {
      pending.clear();
      chooseDevice();
      collect(kind);
      if (hasBuckets) {
        remarks.ignore(IgnoredKind.ARRAY);
      }
      if (problem.isEmpty()) {
        addReadings();
      } else {
        refuse(problem);
      }
    }
    points++;
    text.forget(held);
  }

  private void chooseDevice() {
    int label = resourceRank == NOWHERE ? labels.firstOf(deviceKeys) : -1;
    deviceIsLabel = label >= 0;
    if (resourceRank == NOWHERE && !deviceIsLabel) {
      problem(noDevice);
      return;
    }
    deviceAt = deviceIsLabel ? labels.value(label) : resourceDeviceAt;
    deviceLength = deviceIsLabel ? labels.valueLength(label) : resourceDeviceLength;
    byte[] bytes = text.bytesOf(deviceAt);
    int at = BodyText.offsetOf(deviceAt);
    // One that is too long is not read: it may be that of every point of the request.
    if (deviceLength <= Reading.MAX_DEVICE_BYTES && !Utf8.valid(bytes, at, at + deviceLength)) {
      problem("has a device that is not valid UTF-8");
      return;
    }
    NameCheck check =
        NameCheck.of(bytes, at, deviceLength, Reading.MAX_DEVICE_BYTES, /* plain= */ false);
    if (check != NameCheck.OK) {
      problem(check.reason("device", bytes, at, deviceLength, Reading.MAX_DEVICE_BYTES));
    } else if (!devices.begins(bytes, at, deviceLength)) {
      problem(devices.refusal(bytes, at, deviceLength));
    }
  }

  private void collect(DataKind kind) {
    makeSuffix();
    switch (kind) {
      case GAUGE, SUM -> collectNumber();
      case HISTOGRAM -> {
        collectTotals(point.hasSum);
        collectBuckets();
      }
      case EXPONENTIAL_HISTOGRAM -> collectTotals(point.hasSum);
      case SUMMARY -> {
        // Its message cannot say that there is no sum.
        collectTotals(true);
        collectQuantiles();
      }
    }
  }

  private void collectNumber() {
    if (point.hasValue) {
      collect(NO_ENDING, point.value);
    } else {
      problem("has no value");
    }
  }

  private void collectTotals(boolean hasSum) {
    collect(COUNT, point.count);
    if (hasSum) {
      collect(SUM, point.sum);
    }
    if (point.hasMin) {
      collect(MIN, point.min);
    }
    if (point.hasMax) {
      collect(MAX, point.max);
    }
  }

  private void collectBuckets() {
    int bounds = point.bounds();
    if (bounds == 0 && point.amounts() == 0) {
      return;
    }
    if (bounds > DataPoint.MAX_BUCKETS) {
      problem("has %d bounds, allowed are %d".formatted(bounds, DataPoint.MAX_BUCKETS));
      return;
    }
    if (point.amounts() != bounds + 1) {
      problem(
          "has %d bounds and %d bucket counts, where there must be %d"
              .formatted(bounds, point.amounts(), bounds + 1));
      return;
    }
    int label = addLabel(LE, LE_KEY);
    double below = 0;
    for (int i = 0; i <= bounds && problem.isEmpty(); i++) {
      double bound = i < bounds ? point.bound(i) : Double.POSITIVE_INFINITY;
      boolean grows = i == 0 || bound > point.bound(i - 1);
      if (!grows || (i < bounds && !Double.isFinite(bound))) {
        problem("has bounds that are not finite, or do not grow");
        return;
      }
      below += point.amount(i);
      collect(label, bound, BUCKET, below);
    }
  }

  private void collectQuantiles() {
    int quantiles = point.bounds();
    if (quantiles > DataPoint.MAX_BUCKETS) {
      problem("has %d quantiles, allowed are %d".formatted(quantiles, DataPoint.MAX_BUCKETS));
      return;
    }
    int label = quantiles == 0 ? -1 : addLabel(QUANTILE, QUANTILE_KEY);
    for (int i = 0; i < quantiles && problem.isEmpty(); i++) {
      if (Double.isNaN(point.amount(i))) {
        // What a summary says that has seen nothing lately.
        remarks.ignore(IgnoredKind.NUMBER);
      } else {
        collect(label, point.bound(i), NO_ENDING, point.amount(i));
      }
    }
  }

  /** Adds a label whose value is still to come; returns its index. */
  private int addLabel(byte[] key, byte[][] keys) {
    text.hold(key, key.length);
    problem(labels.add(text.at(), key.length, text.at(), 0));
    return labels.firstOf(keys);
  }

  /** Collects a reading with this number as the value of a label. */
  private void collect(int label, double number, byte[] ending, double value) {
    if (problem.isEmpty()) {
      Numbers.hold(Numbers.text(number), text);
      labels.change(label, text.at(), text.length());
      makeSuffix();
      collect(ending, value);
    }
  }

  private void makeSuffix() {
    if (problem.isEmpty()) {
      suffixLength = labels.write(suffix, deviceIsLabel ? labels.firstOf(deviceKeys) : -1);
    }
  }

  /** Collects a reading of the metric with this ending and the labels last written. */
  private void collect(byte[] ending, double value) {
    if (!problem.isEmpty()) {
      return;
    }
    if (!Double.isFinite(value)) {
      problem(
          ending.length == 0
              ? "is not finite"
              : "has a " + new String(ending, 1, ending.length - 1, US_ASCII) + " not finite");
      return;
    }
    int length = nameLength + ending.length + suffixLength;
    if (nameLength == 0) {
      problem("has no name");
    } else if (length > Reading.MAX_METRIC_BYTES) {
      problem(
          "makes a metric of %d bytes with its labels, allowed are 1..%d"
              .formatted(length, Reading.MAX_METRIC_BYTES));
    } else {
      makeMetric(ending);
      if (!Utf8.valid(metric, 0, length)) {
        problem("has a name or an attribute that is not valid UTF-8");
      } else if (NameCheck.content(metric, 0, length) != NameCheck.OK) {
        problem("holds a control character in its name or an attribute");
      } else {
        text.hold(metric, length);
        pending.add(text.at(), length, true, value, PendingReadings.NO_TS);
      }
    }
  }

  private void makeMetric(byte[] ending) {
    System.arraycopy(text.bytesOf(nameAt), BodyText.offsetOf(nameAt), metric, 0, nameLength);
    System.arraycopy(ending, 0, metric, nameLength, ending.length);
    System.arraycopy(suffix, 0, metric, nameLength + ending.length, suffixLength);
  }

  private void addReadings() throws UnusableBodyException {
    long micros = Long.divideUnsigned(point.timeNanos, 1_000);
    if (point.timeNanos == 0) {
      micros = window.nowMicros();
    } else if (!window.holds(micros)) {
      if (!window.restamps()) {
        refuse(rejections.wantsReason() ? badTime() : "");
        return;
      }
      micros = window.nowMicros();
      remarks.restamp(pending.count());
    }
    for (int i = 0; i < pending.count(); i++) {
      if (!into.add(
          text.bytesOf(deviceAt),
          BodyText.offsetOf(deviceAt),
          deviceLength,
          text.bytesOf(pending.name(i)),
          BodyText.offsetOf(pending.name(i)),
          pending.length(i),
          micros,
          pending.value(i))) {
        throw new UnusableBodyException(Outcome.TooLarge.INSTANCE);
      }
    }
  }

  private String badTime() {
    return window.refusal(
        "has the time "
            + Long.toUnsignedString(point.timeNanos)
            + " in "
            + Precision.NANOSECONDS
            + ", which",
        Numbers.unsigned(point.timeNanos),
        Precision.NANOSECONDS,
        unit -> unit + "? Send nanoseconds.");
  }

  private void refuse(String reason) {
    remarks.rollback();
    rejections.add(
        points,
        rejections.wantsReason() ? "metric " + excerpt(nameAt, nameLength) + " " + reason : "");
  }

  /** Keeps only the first problem of a data point; an empty one does not count. */
  private void problem(String what) {
    if (problem.isEmpty()) {
      problem = what;
    }
  }

  private int rank(int keyAt, int keyLength) {
    byte[] bytes = text.bytesOf(keyAt);
    int at = BodyText.offsetOf(keyAt);
    for (int i = 0; i < deviceKeys.length; i++) {
      if (Arrays.equals(bytes, at, at + keyLength, deviceKeys[i], 0, deviceKeys[i].length)) {
        return i;
      }
    }
    return NOWHERE;
  }

  private String excerpt(int at, int length) {
    return NameCheck.excerpt(text.bytesOf(at), BodyText.offsetOf(at), length);
  }

  private static byte[] ascii(String word) {
    return word.getBytes(US_ASCII);
  }
}
