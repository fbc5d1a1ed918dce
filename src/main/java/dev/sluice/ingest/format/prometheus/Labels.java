package dev.sluice.ingest.format.prometheus;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.ingest.format.BodyText;
import dev.sluice.ingest.format.DevicePrefix;
import dev.sluice.ingest.format.NameCheck;
import dev.sluice.ingest.format.Tags;
import dev.sluice.ingest.format.Utf8;
import dev.sluice.reading.MemoryClaim;
import dev.sluice.reading.Reading;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * The labels of one series, made into the device and the metric of its readings. Confined to its
 * parser, which reuses it for every series.
 *
 * <p>The device is the value of the first label present among those configured, or else of {@code
 * instance}, which Prometheus gives every series it scrapes. The metric is {@code __name__},
 * followed by the other labels in the form that line protocol has, too. A label with an empty value
 * counts as none, as in Prometheus.
 */
final class Labels {
  private static final byte[] NAME = "__name__".getBytes(US_ASCII);
  private static final String INSTANCE = "instance";

  private final byte[][] deviceLabels;
  private final DevicePrefix devices;
  private final String noDevice;
  private final Tags tags;

  private byte[] body = new byte[0];
  private final byte[] metric = new byte[Reading.MAX_METRIC_BYTES];
  private final byte[] suffix = new byte[Reading.MAX_METRIC_BYTES];
  private int metricLength;
  private int nameAt;
  private int nameLength;
  private int deviceAt;
  private int deviceLength;
  private String problem = "";

  /** Resolves offsets in the body, which are all the texts there are. */
  private static final class LabelText extends BodyText {
    private LabelText(MemoryClaim memory) {
      super(memory);
    }
  }

  private final LabelText text;

  /**
   * @param deviceLabels labels that name the device before {@code instance} does
   * @param devices asked about the device of every series
   * @param memory called with the number of additional bytes before memory grows; may throw
   */
  Labels(List<String> deviceLabels, DevicePrefix devices, MemoryClaim memory) {
    List<String> names =
        Stream.concat(deviceLabels.stream(), Stream.of(INSTANCE)).distinct().toList();
    this.deviceLabels = names.stream().map(name -> name.getBytes(UTF_8)).toArray(byte[][]::new);
    this.noDevice = "has no device: none of the labels " + String.join(", ", names) + " is present";
    this.devices = devices;
    this.text = new LabelText(memory);
    this.tags = new Tags(text, "label");
  }

  /** Prepares for the series of one body. */
  void start(byte[] bytes, int length) {
    body = bytes;
    text.start(bytes, length);
  }

  /** Prepares for the next series. */
  void clear() {
    tags.clear();
    nameLength = 0;
    problem = "";
  }

  /** Adds a label whose key and value are these bytes of the body. */
  void add(int keyAt, int keyLength, int valueAt, int valueLength) {
    if (valueLength == 0 || !problem.isEmpty()) {
      return;
    }
    // One that is too long is not read: a request may name one long text a hundred thousand times.
    if (keyLength > Reading.MAX_METRIC_BYTES) {
      refuse(
          "has a label whose name has %s bytes, allowed are %s"
              .formatted(keyLength, Reading.MAX_METRIC_BYTES));
      return;
    }
    check(keyAt, keyLength);
    if (valueLength <= Reading.MAX_METRIC_BYTES) {
      check(valueAt, valueLength);
    }
    if (keyLength == 0) {
      refuse("has a label without a name");
    } else if (!isName(keyAt, keyLength)) {
      refuse(tags.add(keyAt, keyLength, valueAt, valueLength));
    } else if (nameLength > 0) {
      refuse("has the label \"__name__\" twice");
    } else {
      nameAt = valueAt;
      nameLength = valueLength;
    }
  }

  /** Keeps the first reason why nothing of this series can be stored; an empty one is none. */
  void refuse(String reason) {
    if (problem.isEmpty()) {
      problem = reason;
    }
  }

  /** Makes device and metric of the labels, unless there is a {@link #problem()}. */
  void settle() {
    if (!problem.isEmpty()) {
      return;
    }
    int device = tags.firstOf(deviceLabels);
    if (nameLength == 0) {
      refuse("has no label __name__");
    } else if (device < 0) {
      refuse(noDevice);
    } else {
      deviceAt = tags.value(device);
      deviceLength = tags.valueLength(device);
      checkDevice();
      makeMetric(device);
    }
  }

  /** Why no reading of this series can be stored; empty if they can. */
  String problem() {
    return problem;
  }

  /** What the series is called in messages. */
  String name() {
    return nameLength == 0 ? "without a name" : NameCheck.excerpt(body, nameAt, nameLength);
  }

  /** Offset of the device in the body. */
  int deviceAt() {
    return deviceAt;
  }

  /** Length of the device, in bytes. */
  int deviceLength() {
    return deviceLength;
  }

  /** The metric, valid up to {@link #metricLength()}. */
  byte[] metric() {
    return metric;
  }

  /** Length of the metric, in bytes. */
  int metricLength() {
    return metricLength;
  }

  private boolean isName(int at, int length) {
    return length == NAME.length && Arrays.equals(body, at, at + length, NAME, 0, length);
  }

  private void check(int at, int length) {
    int end = at + length;
    int i = at;
    while (i < end && body[i] >= 0x20 && body[i] != 0x7f) {
      i++;
    }
    if (i == end) {
      return;
    }
    if (!Utf8.valid(body, at, end)) {
      refuse("has a label that is not valid UTF-8");
    } else if (NameCheck.content(body, at, end) != NameCheck.OK) {
      refuse("holds a control character in its labels");
    }
  }

  private void checkDevice() {
    if (deviceLength > Reading.MAX_DEVICE_BYTES) {
      refuse(
          NameCheck.TOO_LONG.reason(
              "device", body, deviceAt, deviceLength, Reading.MAX_DEVICE_BYTES));
    } else if (!devices.begins(body, deviceAt, deviceLength)) {
      refuse(devices.refusal(body, deviceAt, deviceLength));
    }
  }

  private void makeMetric(int device) {
    int suffixLength = tags.write(suffix, device);
    metricLength = nameLength + suffixLength;
    if (metricLength > Reading.MAX_METRIC_BYTES) {
      refuse(
          "makes a metric of %d bytes with its labels, allowed are 1..%d"
              .formatted(metricLength, Reading.MAX_METRIC_BYTES));
      return;
    }
    System.arraycopy(body, nameAt, metric, 0, nameLength);
    System.arraycopy(suffix, 0, metric, nameLength, suffixLength);
  }
}
