package dev.sluice.ingest.format.json;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;

/** The members of an element whose names have a special meaning. */
enum JsonMember {
  DEVICE,
  TS,
  METRIC,
  METRICS,
  VALUES,
  VALUE,
  OTHER;

  private static final byte[] DEVICE_ID_BYTES = "device_id".getBytes(US_ASCII);
  private static final byte[] DEVICE_BYTES = "device".getBytes(US_ASCII);
  private static final byte[] TS_BYTES = "ts".getBytes(US_ASCII);
  private static final byte[] TIME_BYTES = "time".getBytes(US_ASCII);
  private static final byte[] TIMESTAMP_BYTES = "timestamp".getBytes(US_ASCII);
  private static final byte[] METRIC_BYTES = "metric".getBytes(US_ASCII);
  private static final byte[] METRICS_BYTES = "metrics".getBytes(US_ASCII);
  private static final byte[] VALUES_BYTES = "values".getBytes(US_ASCII);
  private static final byte[] VALUE_BYTES = "value".getBytes(US_ASCII);

  /** The member named by the text last read. */
  static JsonMember of(JsonText name) {
    return switch (name.length()) {
      case 2, 4 -> isTs(name) ? TS : OTHER;
      case 5 -> is(name, VALUE_BYTES) ? VALUE : OTHER;
      case 6 -> ofSix(name);
      case 7 -> is(name, METRICS_BYTES) ? METRICS : OTHER;
      case 9 -> is(name, DEVICE_ID_BYTES) ? DEVICE : isTs(name) ? TS : OTHER;
      default -> OTHER;
    };
  }

  private static JsonMember ofSix(JsonText name) {
    if (is(name, DEVICE_BYTES)) {
      return DEVICE;
    }
    return is(name, METRIC_BYTES) ? METRIC : is(name, VALUES_BYTES) ? VALUES : OTHER;
  }

  /** Whether the text last read is one of the names for the time. */
  static boolean isTs(JsonText name) {
    return is(name, TS_BYTES) || is(name, TIMESTAMP_BYTES) || is(name, TIME_BYTES);
  }

  /** Whether the text last read is this word. */
  static boolean is(JsonText text, byte[] word) {
    int at = JsonText.offsetOf(text.at());
    return text.length() == word.length
        && Arrays.equals(text.bytesOf(text.at()), at, at + word.length, word, 0, word.length);
  }
}
