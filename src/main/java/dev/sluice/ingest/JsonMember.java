package dev.sluice.ingest;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;

/** The members of an element that mean something by their name. */
enum JsonMember {
  DEVICE,
  TS,
  METRIC,
  METRICS,
  VALUE,
  OTHER;

  private static final byte[] DEVICE_ID_BYTES = "device_id".getBytes(US_ASCII);
  private static final byte[] DEVICE_BYTES = "device".getBytes(US_ASCII);
  private static final byte[] TS_BYTES = "ts".getBytes(US_ASCII);
  private static final byte[] METRIC_BYTES = "metric".getBytes(US_ASCII);
  private static final byte[] METRICS_BYTES = "metrics".getBytes(US_ASCII);
  private static final byte[] VALUE_BYTES = "value".getBytes(US_ASCII);

  /** By the name last read. */
  static JsonMember of(JsonText name) {
    return switch (name.length()) {
      case 2 -> is(name, TS_BYTES) ? TS : OTHER;
      case 5 -> is(name, VALUE_BYTES) ? VALUE : OTHER;
      case 6 -> is(name, DEVICE_BYTES) ? DEVICE : is(name, METRIC_BYTES) ? METRIC : OTHER;
      case 7 -> is(name, METRICS_BYTES) ? METRICS : OTHER;
      case 9 -> is(name, DEVICE_ID_BYTES) ? DEVICE : OTHER;
      default -> OTHER;
    };
  }

  /** Whether the text last read is this word. */
  static boolean is(JsonText text, byte[] word) {
    int at = JsonText.offsetOf(text.at());
    return text.length() == word.length
        && Arrays.equals(text.bytesOf(text.at()), at, at + word.length, word, 0, word.length);
  }
}
