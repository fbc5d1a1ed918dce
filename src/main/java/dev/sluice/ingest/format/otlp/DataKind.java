package dev.sluice.ingest.format.otlp;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The kinds of data that a metric may have, with their names in JSON and the field numbers of
 * {@code opentelemetry/proto/metrics/v1/metrics.proto}.
 */
enum DataKind {
  GAUGE("gauge", 5, 7, 8, 0, 0),
  SUM("sum", 7, 7, 8, 0, 0),
  HISTOGRAM("histogram", 9, 9, 10, 11, 12),
  EXPONENTIAL_HISTOGRAM("exponentialHistogram", 10, 1, 10, 12, 13),
  SUMMARY("summary", 11, 7, 8, 0, 0);

  private static final DataKind[] ALL = values();

  @SuppressWarnings("ImmutableEnumChecker") // never written to
  private final byte[] member;

  /** Field number in a metric. */
  final int field;

  /** Field numbers in a data point of this kind; 0 for one that it has not. */
  final int attributes;

  final int flags;
  final int min;
  final int max;

  DataKind(String member, int field, int attributes, int flags, int min, int max) {
    this.member = member.getBytes(US_ASCII);
    this.field = field;
    this.attributes = attributes;
    this.flags = flags;
    this.min = min;
    this.max = max;
  }

  /** Whether a data point has a single value. */
  boolean isNumber() {
    return this == GAUGE || this == SUM;
  }

  /** The kind of data in this field of a metric; null if it is another field. */
  static @Nullable DataKind inField(int number) {
    for (DataKind kind : ALL) {
      if (kind.field == number) {
        return kind;
      }
    }
    return null;
  }

  /** The kind of data in the member of a metric with this name; null if it is another member. */
  static @Nullable DataKind inMember(byte[] bytes, int at, int length) {
    for (DataKind kind : ALL) {
      byte[] name = kind.member;
      if (Arrays.equals(bytes, at, at + length, name, 0, name.length)) {
        return kind;
      }
    }
    return null;
  }
}
