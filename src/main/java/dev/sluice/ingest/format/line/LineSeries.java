package dev.sluice.ingest.format.line;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.ingest.format.DevicePrefix;
import dev.sluice.ingest.format.NameCheck;
import dev.sluice.ingest.format.Tags;
import dev.sluice.ingest.format.Utf8;
import dev.sluice.reading.MemoryClaim;
import dev.sluice.reading.Reading;
import java.util.Arrays;
import java.util.List;

/**
 * The measurement and tags of a line, made into the device and into the start and end of its
 * metrics. Confined to its parser, which reuses it for every line.
 *
 * <p>The device is the value of the first tag present, in the configured order. The metric of a
 * field is {@code measurement_field}, or {@code measurement} for a field named {@code value},
 * followed by the other tags, sorted by the bytes of their keys: {@code {cpu="cpu0",mode="idle"}}
 * with {@code \} and {@code "} in values escaped by a backslash.
 *
 * <p>Consecutive lines often have the same series, so its bytes are compared first, and what was
 * made of them is reused (ParserBenchmark.lineProtocolOneSeries: 76 ns against 93).
 */
final class LineSeries {
  private static final String EQUALS_SIGN =
      "has an equals sign in a tag value; escape it with a backslash";
  private static final String BACKSLASH =
      "has a backslash before the comma or space after a tag value, which makes it part of the"
          + " value: line protocol has no way to write a value that ends in a backslash";

  private static final byte[] VALUE = "value".getBytes(UTF_8);

  private final byte[][] deviceTags;
  private final DevicePrefix devices;
  private final String noDevice;
  private final LineText text;

  private byte[] body = new byte[0];
  private int from;
  private int to;
  private boolean known;

  private final Tags tags;
  private boolean wide;

  private int device;
  private int deviceLength;

  /** The measurement, then room for the rest of a metric; filled only as far as it may be used. */
  private final byte[] metric = new byte[Reading.MAX_METRIC_BYTES];

  private final byte[] suffix = new byte[Reading.MAX_METRIC_BYTES];
  private int measurementLength;
  private int suffixLength;

  private String problem = "";

  /**
   * @param deviceTags tags that name the device; the first one that a line has is used
   * @param devices asked about the device of every series
   * @param memory called with the number of additional bytes before memory grows; may throw
   */
  LineSeries(List<String> deviceTags, DevicePrefix devices, MemoryClaim memory) {
    this.devices = devices;
    this.text = new LineText(memory);
    this.tags = new Tags(text, "tag");
    this.deviceTags = deviceTags.stream().map(tag -> tag.getBytes(UTF_8)).toArray(byte[][]::new);
    this.noDevice =
        "has no device: none of the tags " + String.join(", ", deviceTags) + " is present";
  }

  /** Forgets the series, and drops memory held for an unusually long line. */
  void release() {
    known = false;
    text.release();
  }

  /** Prepares for the lines of one body. */
  void start(byte[] bytes) {
    body = bytes;
  }

  /**
   * Reads a line from its first byte.
   *
   * @return the offset of the space after the series, or {@link LineText#FAILED} if it is malformed
   */
  int read(int at, int end) {
    int length = to - from;
    if (known
        && length < end - at
        && body[at + length] == ' '
        && Arrays.equals(body, at, at + length, body, from, to)) {
      return at + length;
    }
    known = false;
    int behind = readSeries(at, end);
    if (behind != LineText.FAILED) {
      from = at;
      to = behind;
      known = true;
    }
    return behind;
  }

  /** Line feeds in the series, each after a backslash. */
  int lineFeeds() {
    return text.lineFeeds();
  }

  /** Why no reading of this series can be stored; empty if they can. */
  String problem() {
    return problem;
  }

  String error() {
    return text.error();
  }

  byte[] deviceBytes() {
    return text.bytesOf(device);
  }

  int deviceAt() {
    return LineText.offsetOf(device);
  }

  /** Length of the device, in bytes. */
  int deviceLength() {
    return deviceLength;
  }

  /** The metric last made; valid up to the length that {@link #makeMetric} returned. */
  byte[] metric() {
    return metric;
  }

  /**
   * Makes the metric of one field.
   *
   * @return its length in bytes; if that is over {@link Reading#MAX_METRIC_BYTES}, it was not made
   */
  int makeMetric(byte[] bytes, int at, int length) {
    boolean value =
        length == VALUE.length && Arrays.equals(bytes, at, at + length, VALUE, 0, length);
    int behind = measurementLength + (value ? 0 : 1 + length);
    int whole = behind + suffixLength;
    if (whole > Reading.MAX_METRIC_BYTES) {
      return whole;
    }
    if (!value) {
      metric[measurementLength] = '_';
      System.arraycopy(bytes, at, metric, measurementLength + 1, length);
    }
    System.arraycopy(suffix, 0, metric, behind, suffixLength);
    return whole;
  }

  private int readSeries(int at, int end) {
    text.start(body, end);
    tags.clear();
    problem = "";
    int i = text.readMeasurement(at);
    int measurement = text.at();
    measurementLength = text.length();
    wide = text.wide();
    if (measurementLength == 0) {
      return text.fail("has no measurement");
    }
    while (i < end && body[i] == ',') {
      i = readTag(i + 1, end);
      if (i == LineText.FAILED) {
        return LineText.FAILED;
      }
    }
    if (i >= end || body[i] != ' ') {
      return text.fail("has no field");
    }
    if (wide) {
      checkText(at, i);
    }
    if (problem.isEmpty()) {
      make(measurement);
    }
    return i;
  }

  private int readTag(int at, int end) {
    int i = text.readName(at);
    int key = text.at();
    int length = text.length();
    wide |= text.wide();
    if (length == 0 || i >= end || body[i] != '=') {
      return text.fail("has a tag without a " + (length == 0 ? "key" : "value"));
    }
    int valueAt = i + 1;
    i = text.readName(valueAt);
    wide |= text.wide();
    if (text.length() == 0) {
      return text.fail("has a tag without a value");
    }
    if (i < end && body[i] == '=') {
      return text.fail(escapesItsEnd(valueAt, i) ? BACKSLASH : EQUALS_SIGN);
    }
    refuse(tags.add(key, length, text.at(), text.length()));
    return i;
  }

  /** Whether a comma or space in this value is escaped: probably where it was meant to end. */
  private boolean escapesItsEnd(int at, int end) {
    for (int i = at; i + 1 < end; i++) {
      if (body[i] == '\\' && (body[i + 1] == ',' || body[i + 1] == ' ')) {
        return true;
      }
    }
    return false;
  }

  private void checkText(int at, int end) {
    if (!Utf8.valid(body, at, end)) {
      refuse("is not valid UTF-8");
    } else if (lineFeeds() > 0) {
      refuse("has a line feed after a backslash, so in its measurement or tags");
    } else if (NameCheck.content(body, at, end) != NameCheck.OK) {
      refuse("holds a control character in its measurement or tags");
    }
  }

  private void make(int measurement) {
    int tag = tags.firstOf(deviceTags);
    if (tag < 0) {
      refuse(noDevice);
      return;
    }
    device = tags.value(tag);
    deviceLength = tags.valueLength(tag);
    if (deviceLength > Reading.MAX_DEVICE_BYTES) {
      refuse(
          NameCheck.TOO_LONG.reason(
              "device", deviceBytes(), deviceAt(), deviceLength, Reading.MAX_DEVICE_BYTES));
      return;
    }
    if (!devices.begins(deviceBytes(), deviceAt(), deviceLength)) {
      refuse(devices.refusal(deviceBytes(), deviceAt(), deviceLength));
      return;
    }
    if (measurementLength <= Reading.MAX_METRIC_BYTES) {
      int at = LineText.offsetOf(measurement);
      System.arraycopy(text.bytesOf(measurement), at, metric, 0, measurementLength);
    }
    suffixLength = tags.write(suffix, tag);
  }

  /** Keeps only the first reason; an empty one does not count. */
  private void refuse(String reason) {
    if (problem.isEmpty()) {
      problem = reason;
    }
  }
}
