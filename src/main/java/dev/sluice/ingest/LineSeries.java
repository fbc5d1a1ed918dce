package dev.sluice.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.reading.Reading;
import java.util.Arrays;
import java.util.List;

/**
 * Measurement and tags of a line, made into the device and the two ends of its metrics. Confined to
 * its parser, which reuses it for every line.
 *
 * <p>The device is the value of the first tag present, in the configured order. The metric of a
 * field is {@code measurement_field}, or {@code measurement} for a field named {@code value}, and
 * behind it the other tags, sorted by the bytes of their keys: {@code {cpu="cpu0",mode="idle"}}
 * with {@code \} and {@code "} in values escaped by a backslash.
 *
 * <p>Lines that follow each other often have the same series; its bytes are compared first, and
 * what was made of them is kept.
 */
final class LineSeries {
  static final int FAILED = -1;

  /** More would not fit into a metric anyway. */
  private static final int MAX_TAGS = 64;

  private static final byte[] VALUE = "value".getBytes(UTF_8);

  private final byte[][] deviceTags;
  private final String noDevice;
  private final LineText text = new LineText();

  private byte[] body = new byte[0];
  private int from;
  private int to;
  private boolean known;

  private final int[] keyAt = new int[MAX_TAGS];
  private final int[] keyLength = new int[MAX_TAGS];
  private final int[] valueAt = new int[MAX_TAGS];
  private final int[] valueLength = new int[MAX_TAGS];
  private int tags;
  private boolean wide;

  private int device;
  private int deviceLength;

  /** Measurement, then room for the rest of a metric; filled only as far as it may be used. */
  private final byte[] metric = new byte[Reading.MAX_NAME_BYTES];

  private final byte[] suffix = new byte[Reading.MAX_NAME_BYTES];
  private int measurementLength;
  private int suffixLength;

  private String problem = "";
  private String error = "";
  private int errorAt;

  LineSeries(List<String> deviceTags) {
    this.deviceTags = deviceTags.stream().map(tag -> tag.getBytes(UTF_8)).toArray(byte[][]::new);
    this.noDevice =
        "has no device: none of the tags " + String.join(", ", deviceTags) + " is there";
  }

  /** Forgets the series of the body before. */
  void start(byte[] bytes) {
    body = bytes;
    known = false;
  }

  /**
   * Reads a line from its first byte.
   *
   * @return the offset of the space behind the series, or {@link #FAILED} where it is no series
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
    if (behind != FAILED) {
      from = at;
      to = behind;
      known = true;
    }
    return behind;
  }

  /** Why no reading of this series can be stored; empty when it can. */
  String problem() {
    return problem;
  }

  String error() {
    return error;
  }

  int errorAt() {
    return errorAt;
  }

  byte[] deviceBytes() {
    return text.bytesOf(device);
  }

  int deviceAt() {
    return LineText.offsetOf(device);
  }

  /** In bytes. */
  int deviceLength() {
    return deviceLength;
  }

  /** The metric last made; valid up to the length {@link #makeMetric} answered. */
  byte[] metric() {
    return metric;
  }

  /**
   * Makes the metric of one field.
   *
   * @return its length in bytes; over {@link Reading#MAX_NAME_BYTES} when it was not made
   */
  int makeMetric(byte[] bytes, int at, int length) {
    boolean value =
        length == VALUE.length && Arrays.equals(bytes, at, at + length, VALUE, 0, length);
    int behind = measurementLength + (value ? 0 : 1 + length);
    int whole = behind + suffixLength;
    if (whole > Reading.MAX_NAME_BYTES) {
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
    tags = 0;
    problem = "";
    int i = text.readMeasurement(at);
    int measurement = text.at();
    measurementLength = text.length();
    wide = text.wide();
    if (measurementLength == 0) {
      return fail(i, "has no measurement");
    }
    while (i < end && body[i] == ',') {
      i = readTag(i + 1, end);
      if (i == FAILED) {
        return FAILED;
      }
    }
    if (i >= end || body[i] != ' ') {
      return fail(i, "has no field");
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
      return fail(i, "has a tag without a " + (length == 0 ? "key" : "value"));
    }
    i = text.readName(i + 1);
    wide |= text.wide();
    if (text.length() == 0) {
      return fail(i, "has a tag without a value");
    }
    if (i < end && body[i] == '=') {
      return fail(i, "has an equals sign in a tag value; escape it with a backslash");
    }
    addTag(key, length);
    return i;
  }

  /** Keeps the tags sorted; most clients send them so. */
  private void addTag(int key, int length) {
    if (tags == MAX_TAGS) {
      refuse("has more than " + MAX_TAGS + " tags");
      return;
    }
    int i = tags;
    int order = -1;
    while (i > 0 && (order = compare(keyAt[i - 1], keyLength[i - 1], key, length)) > 0) {
      i--;
    }
    if (i > 0 && order == 0) {
      refuse("has the tag " + excerpt(key, length) + " twice");
      return;
    }
    int behind = tags++ - i;
    System.arraycopy(keyAt, i, keyAt, i + 1, behind);
    System.arraycopy(keyLength, i, keyLength, i + 1, behind);
    System.arraycopy(valueAt, i, valueAt, i + 1, behind);
    System.arraycopy(valueLength, i, valueLength, i + 1, behind);
    keyAt[i] = key;
    keyLength[i] = length;
    valueAt[i] = text.at();
    valueLength[i] = text.length();
  }

  private void checkText(int at, int end) {
    if (!Utf8.valid(body, at, end)) {
      refuse("is not valid UTF-8");
    } else if (NameCheck.content(body, at, end) != NameCheck.OK) {
      refuse("holds a control character in its measurement or tags");
    }
  }

  private void make(int measurement) {
    int tag = deviceTag();
    if (tag < 0) {
      refuse(noDevice);
      return;
    }
    device = valueAt[tag];
    deviceLength = valueLength[tag];
    if (deviceLength > Reading.MAX_NAME_BYTES) {
      refuse(NameCheck.TOO_LONG.reason("device", deviceBytes(), deviceAt(), deviceLength));
      return;
    }
    if (measurementLength <= Reading.MAX_NAME_BYTES) {
      int at = LineText.offsetOf(measurement);
      System.arraycopy(text.bytesOf(measurement), at, metric, 0, measurementLength);
    }
    suffixLength = 0;
    for (int i = 0; i < tags; i++) {
      if (i != tag) {
        appendTag(i);
      }
    }
    if (suffixLength > 0) {
      append((byte) '}');
    }
  }

  /** The tag that names the device, or -1. */
  private int deviceTag() {
    for (byte[] wanted : deviceTags) {
      for (int i = 0; i < tags; i++) {
        int at = LineText.offsetOf(keyAt[i]);
        if (keyLength[i] == wanted.length
            && Arrays.equals(
                text.bytesOf(keyAt[i]), at, at + wanted.length, wanted, 0, wanted.length)) {
          return i;
        }
      }
    }
    return -1;
  }

  private void appendTag(int i) {
    append(suffixLength == 0 ? (byte) '{' : (byte) ',');
    byte[] key = text.bytesOf(keyAt[i]);
    int at = LineText.offsetOf(keyAt[i]);
    for (int k = at; k < at + keyLength[i]; k++) {
      append(key[k]);
    }
    append((byte) '=');
    append((byte) '"');
    byte[] value = text.bytesOf(valueAt[i]);
    at = LineText.offsetOf(valueAt[i]);
    for (int k = at; k < at + valueLength[i]; k++) {
      if (value[k] == '"' || value[k] == '\\') {
        append((byte) '\\');
      }
      append(value[k]);
    }
    append((byte) '"');
  }

  /** Counts also what does not fit, for the message. */
  private void append(byte b) {
    if (suffixLength < suffix.length) {
      suffix[suffixLength] = b;
    }
    suffixLength++;
  }

  private int compare(int oneAt, int oneLength, int otherAt, int otherLength) {
    int one = LineText.offsetOf(oneAt);
    int other = LineText.offsetOf(otherAt);
    return Arrays.compareUnsigned(
        text.bytesOf(oneAt),
        one,
        one + oneLength,
        text.bytesOf(otherAt),
        other,
        other + otherLength);
  }

  private String excerpt(int name, int length) {
    return NameCheck.excerpt(text.bytesOf(name), LineText.offsetOf(name), length);
  }

  /** The first reason stays. */
  private void refuse(String reason) {
    if (problem.isEmpty()) {
      problem = reason;
    }
  }

  private int fail(int at, String reason) {
    error = reason;
    errorAt = at;
    return FAILED;
  }
}
