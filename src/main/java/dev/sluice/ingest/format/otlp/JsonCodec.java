package dev.sluice.ingest.format.otlp;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.sluice.ingest.format.Codec;
import dev.sluice.ingest.format.DevicePrefix;
import dev.sluice.ingest.format.Outcome;
import dev.sluice.ingest.format.Rejections;
import dev.sluice.ingest.format.Remarks;
import dev.sluice.ingest.format.TsWindow;
import dev.sluice.ingest.format.Turn;
import dev.sluice.ingest.format.UnusableBodyException;
import dev.sluice.ingest.format.Utf8;
import dev.sluice.ingest.format.json.JsonCursor;
import dev.sluice.ingest.format.json.JsonText;
import dev.sluice.reading.MemoryClaim;
import dev.sluice.reading.ReadingBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * {@code ExportMetricsServiceRequest} in OTLP's JSON: names in lowerCamelCase, integers of 64 bits
 * as texts or numbers, {@code null} for what is left out. Members may be in any order, and those
 * that are not known are skipped; but a body that has members, and not {@code resourceMetrics}, is
 * refused, because it was never meant for here. Confined to one request at a time and reusable.
 */
final class JsonCodec implements Codec {
  private static final int NOWHERE = -1;

  private static final byte[] RESOURCE_METRICS = ascii("resourceMetrics");
  private static final byte[] RESOURCE = ascii("resource");
  private static final byte[] SCOPE_METRICS = ascii("scopeMetrics");
  private static final byte[] METRICS = ascii("metrics");
  private static final byte[] NAME = ascii("name");
  private static final byte[] DATA_POINTS = ascii("dataPoints");
  private static final byte[] ATTRIBUTES = ascii("attributes");
  private static final byte[] KEY = ascii("key");
  private static final byte[] VALUE = ascii("value");
  private static final byte[] TIME = ascii("timeUnixNano");
  private static final byte[] FLAGS = ascii("flags");
  private static final byte[] AS_DOUBLE = ascii("asDouble");
  private static final byte[] AS_INT = ascii("asInt");
  private static final byte[] COUNT = ascii("count");
  private static final byte[] SUM = ascii("sum");
  private static final byte[] MIN = ascii("min");
  private static final byte[] MAX = ascii("max");
  private static final byte[] BUCKET_COUNTS = ascii("bucketCounts");
  private static final byte[] EXPLICIT_BOUNDS = ascii("explicitBounds");
  private static final byte[] POSITIVE = ascii("positive");
  private static final byte[] NEGATIVE = ascii("negative");
  private static final byte[] QUANTILE_VALUES = ascii("quantileValues");
  private static final byte[] QUANTILE = ascii("quantile");
  private static final byte[] STRING_VALUE = ascii("stringValue");
  private static final byte[] BOOL_VALUE = ascii("boolValue");
  private static final byte[] INT_VALUE = ascii("intValue");
  private static final byte[] DOUBLE_VALUE = ascii("doubleValue");
  private static final byte[] ARRAY_VALUE = ascii("arrayValue");
  private static final byte[] KVLIST_VALUE = ascii("kvlistValue");
  private static final byte[] BYTES_VALUE = ascii("bytesValue");
  private static final byte[] NAN = ascii("NaN");
  private static final byte[] INFINITY = ascii("Infinity");
  private static final byte[] MINUS_INFINITY = ascii("-Infinity");

  private final JsonCursor json;
  private final JsonText text;
  private final Attribute attribute;
  private final PointReadings readings;

  private byte[] body = new byte[0];
  private int start;
  private int yieldAt;

  JsonCodec(
      List<String> deviceAttributes, DevicePrefix devices, Remarks remarks, MemoryClaim memory) {
    this.json = new JsonCursor(memory);
    this.text = json.text();
    this.attribute = new Attribute(text);
    this.readings = new PointReadings(text, deviceAttributes, devices, remarks, memory);
  }

  @Override
  public Outcome parse(
      byte[] bytes, int length, TsWindow times, ReadingBuffer into, Rejections rejections) {
    if (length == 0) {
      return Outcome.Empty.INSTANCE;
    }
    body = bytes;
    start = Utf8.byteOrderMarkBytes(bytes, length);
    yieldAt = Turn.first(start, length);
    json.start(bytes, start, length, false);
    readings.start(times, into, rejections);
    try {
      takeRequest();
      must(json.atEnd());
      return Outcome.Parsed.INSTANCE;
    } catch (UnusableBodyException e) {
      readings.clear();
      return e.outcome();
    } finally {
      readings.release();
    }
  }

  @Override
  public String positionName() {
    return OtlpParser.POSITION;
  }

  private void takeRequest() throws UnusableBodyException {
    if (json.peek() != '{') {
      throw malformed("expected an object with resourceMetrics");
    }
    int member = enterObject();
    boolean other = false;
    boolean found = false;
    while (member == JsonCursor.ONE_MORE) {
      if (isNext(RESOURCE_METRICS)) {
        found = true;
        int item = enterArray();
        while (item == JsonCursor.ONE_MORE) {
          takeResourceMetrics();
          item = must(json.nextItem());
        }
      } else {
        other = true;
        skip();
      }
      member = must(json.nextMember());
    }
    if (other && !found) {
      throw malformed("expected resourceMetrics: there are other members, but not this one");
    }
  }

  /** An item of resourceMetrics. Its resource may come after what it is the resource of. */
  private void takeResourceMetrics() throws UnusableBodyException {
    int held = text.held();
    readings.startResource();
    boolean resource = false;
    boolean scopes = false;
    int scopesAt = NOWHERE;
    int member = enterObject();
    while (member == JsonCursor.ONE_MORE) {
      if (isNext(RESOURCE)) {
        refuseSecond(resource, "resource");
        resource = true;
        takeResource();
      } else if (isNext(SCOPE_METRICS)) {
        refuseSecond(scopes, "scopeMetrics");
        scopes = true;
        if (resource) {
          takeScopes();
        } else {
          scopesAt = json.at();
          skip();
        }
      } else {
        skip();
      }
      member = must(json.nextMember());
    }
    if (scopesAt != NOWHERE) {
      int behind = json.at();
      json.goTo(scopesAt);
      takeScopes();
      json.goTo(behind);
    }
    text.forget(held);
  }

  private void takeResource() throws UnusableBodyException {
    int member = enterObject();
    while (member == JsonCursor.ONE_MORE) {
      if (isNext(ATTRIBUTES)) {
        int item = enterArray();
        while (item == JsonCursor.ONE_MORE) {
          takeAttribute();
          readings.resourceAttribute(attribute);
          item = must(json.nextItem());
        }
      } else {
        skip();
      }
      member = must(json.nextMember());
    }
  }

  private void takeScopes() throws UnusableBodyException {
    int item = enterArray();
    while (item == JsonCursor.ONE_MORE) {
      int member = enterObject();
      while (member == JsonCursor.ONE_MORE) {
        if (isNext(METRICS)) {
          takeMetrics();
        } else {
          skip();
        }
        member = must(json.nextMember());
      }
      item = must(json.nextItem());
    }
  }

  private void takeMetrics() throws UnusableBodyException {
    int item = enterArray();
    while (item == JsonCursor.ONE_MORE) {
      takeMetric();
      item = must(json.nextItem());
    }
  }

  /** A metric. Its name may come after its data. */
  private void takeMetric() throws UnusableBodyException {
    int held = text.held();
    readings.startMetric(json.at(), 0);
    boolean named = false;
    DataKind kind = null;
    int dataAt = NOWHERE;
    int member = enterObject();
    while (member == JsonCursor.ONE_MORE) {
      DataKind found = DataKind.inMember(text.bytesOf(text.at()), offset(), text.length());
      if (json.peek() == 'n') {
        skip();
      } else if (isNext(NAME)) {
        refuseSecond(named, "name");
        named = true;
        takeText();
        readings.startMetric(text.at(), text.length());
      } else if (found != null) {
        if (kind != null) {
          throw malformed("a metric has two kinds of data");
        }
        kind = found;
        if (named) {
          takeData(found);
        } else {
          dataAt = json.at();
          skip();
        }
      } else {
        skip();
      }
      member = must(json.nextMember());
    }
    if (kind == null) {
      readings.unknownData();
    } else if (dataAt != NOWHERE) {
      int behind = json.at();
      json.goTo(dataAt);
      takeData(kind);
      json.goTo(behind);
    }
    text.forget(held);
  }

  private void takeData(DataKind kind) throws UnusableBodyException {
    int member = enterObject();
    while (member == JsonCursor.ONE_MORE) {
      if (isNext(DATA_POINTS)) {
        int item = enterArray();
        while (item == JsonCursor.ONE_MORE) {
          if (json.at() >= yieldAt) {
            yieldAt = Turn.next(json.at());
          }
          takePoint(kind);
          item = must(json.nextItem());
        }
      } else {
        skip();
      }
      member = must(json.nextMember());
    }
  }

  private void takePoint(DataKind kind) throws UnusableBodyException {
    DataPoint point = readings.startPoint();
    boolean hasBuckets = false;
    int member = enterObject();
    while (member == JsonCursor.ONE_MORE) {
      if (json.peek() == 'n') {
        skip();
      } else if (isNext(ATTRIBUTES)) {
        takeAttributes();
      } else if (isNext(TIME)) {
        point.timeNanos = takeInteger(true);
      } else if (isNext(FLAGS)) {
        point.flags(takeInteger(true));
      } else if (kind.isNumber()) {
        takeNumber(point);
      } else if (kind == DataKind.EXPONENTIAL_HISTOGRAM && (isNext(POSITIVE) || isNext(NEGATIVE))) {
        hasBuckets = true;
        skip();
      } else {
        takeTotal(kind, point);
      }
      member = must(json.nextMember());
    }
    readings.endPoint(kind, hasBuckets);
  }

  private void takeAttributes() throws UnusableBodyException {
    int item = enterArray();
    while (item == JsonCursor.ONE_MORE) {
      takeAttribute();
      readings.pointAttribute(attribute);
      item = must(json.nextItem());
    }
  }

  private void takeNumber(DataPoint point) throws UnusableBodyException {
    if (isNext(AS_DOUBLE)) {
      point.value(takeDouble());
    } else if (isNext(AS_INT)) {
      point.value((double) takeInteger(false));
    } else {
      skip();
    }
  }

  private void takeTotal(DataKind kind, DataPoint point) throws UnusableBodyException {
    if (isNext(COUNT)) {
      point.count = Numbers.unsigned(takeInteger(true));
    } else if (isNext(SUM)) {
      point.sum(takeDouble());
    } else if (kind == DataKind.SUMMARY) {
      if (isNext(QUANTILE_VALUES)) {
        takeQuantiles(point);
      } else {
        skip();
      }
    } else if (isNext(MIN)) {
      point.min(takeDouble());
    } else if (isNext(MAX)) {
      point.max(takeDouble());
    } else if (kind == DataKind.HISTOGRAM) {
      takeBuckets(point);
    } else {
      skip();
    }
  }

  private void takeBuckets(DataPoint point) throws UnusableBodyException {
    boolean counts = isNext(BUCKET_COUNTS);
    if (!counts && !isNext(EXPLICIT_BOUNDS)) {
      skip();
      return;
    }
    int item = enterArray();
    while (item == JsonCursor.ONE_MORE) {
      if (counts) {
        point.addAmount(Numbers.unsigned(takeInteger(true)));
      } else {
        point.addBound(takeDouble());
      }
      item = must(json.nextItem());
    }
  }

  private void takeQuantiles(DataPoint point) throws UnusableBodyException {
    int item = enterArray();
    while (item == JsonCursor.ONE_MORE) {
      double quantile = 0;
      double amount = 0;
      int member = enterObject();
      while (member == JsonCursor.ONE_MORE) {
        if (json.peek() == 'n') {
          skip();
        } else if (isNext(QUANTILE)) {
          quantile = takeDouble();
        } else if (isNext(VALUE)) {
          amount = takeDouble();
        } else {
          skip();
        }
        member = must(json.nextMember());
      }
      point.addBound(quantile);
      point.addAmount(amount);
      item = must(json.nextItem());
    }
  }

  /** A key and its value, into {@link #attribute}. */
  private void takeAttribute() throws UnusableBodyException {
    attribute.clear();
    int member = enterObject();
    while (member == JsonCursor.ONE_MORE) {
      if (json.peek() == 'n') {
        skip();
      } else if (isNext(KEY)) {
        takeText();
        attribute.key();
      } else if (isNext(VALUE)) {
        takeValue();
      } else {
        skip();
      }
      member = must(json.nextMember());
    }
  }

  /** The value of an attribute. What it may nest is skipped. */
  private void takeValue() throws UnusableBodyException {
    int member = enterObject();
    while (member == JsonCursor.ONE_MORE) {
      if (json.peek() == 'n') {
        skip();
      } else if (isNext(STRING_VALUE)) {
        takeText();
        attribute.value();
      } else if (isNext(BOOL_VALUE)) {
        attribute.value(takeBoolean());
      } else if (isNext(INT_VALUE)) {
        attribute.value(takeInteger(false));
      } else if (isNext(DOUBLE_VALUE)) {
        attribute.value(takeDouble());
      } else {
        takeUnusable();
      }
      member = must(json.nextMember());
    }
  }

  private void takeUnusable() throws UnusableBodyException {
    if (isNext(ARRAY_VALUE)) {
      attribute.unusable("an array");
    } else if (isNext(KVLIST_VALUE)) {
      attribute.unusable("an object");
    } else if (isNext(BYTES_VALUE)) {
      attribute.unusable("bytes");
    }
    skip();
  }

  private void takeText() throws UnusableBodyException {
    if (json.peek() != '"') {
      throw malformed("expected text");
    }
    must(json.takeText());
  }

  private boolean takeBoolean() throws UnusableBodyException {
    int next = json.peek();
    if (next != 't' && next != 'f') {
      throw malformed("expected true or false");
    }
    must(json.takeScalar());
    return json.scalar() != 0;
  }

  /** A number, or a text that is one, or is the name of one that JSON has not. */
  private double takeDouble() throws UnusableBodyException {
    if (json.peekNumber()) {
      must(json.takeNumber());
      return json.decimal().toDouble();
    }
    int at = json.at();
    takeText();
    if (isText(NAN)) {
      return Double.NaN;
    }
    if (isText(INFINITY)) {
      return Double.POSITIVE_INFINITY;
    }
    if (isText(MINUS_INFINITY)) {
      return Double.NEGATIVE_INFINITY;
    }
    int end = offset() + text.length();
    if (json.decimal().scan(text.bytesOf(text.at()), offset(), end) != end
        || !json.decimal().isJson()) {
      throw malformed(at, "expected a number, or one as text");
    }
    return json.decimal().toDouble();
  }

  /**
   * A whole number, or a text that is one.
   *
   * @param unsigned whether it is up to 2^64 - 1, instead of from -2^63 to 2^63 - 1
   */
  private long takeInteger(boolean unsigned) throws UnusableBodyException {
    int at = json.at();
    if (json.peekNumber()) {
      int from = json.at();
      must(json.takeNumber());
      return integer(at, body, from, json.at(), unsigned);
    }
    takeText();
    return integer(at, text.bytesOf(text.at()), offset(), offset() + text.length(), unsigned);
  }

  private long integer(int at, byte[] bytes, int from, int to, boolean unsigned)
      throws UnusableBodyException {
    boolean negative = from < to && bytes[from] == '-';
    int first = negative ? from + 1 : from;
    long limit = unsigned ? -1L : negative ? Long.MIN_VALUE : Long.MAX_VALUE;
    boolean good = first < to && !(negative && unsigned);
    long sum = 0;
    for (int i = first; i < to && good; i++) {
      int digit = bytes[i] - '0';
      good =
          digit >= 0
              && digit <= 9
              && Long.compareUnsigned(sum, Long.divideUnsigned(limit - digit, 10)) <= 0;
      sum = sum * 10 + digit;
    }
    if (!good) {
      throw malformed(
          at,
          unsigned
              ? "expected a whole number from 0 to 18446744073709551615, or one as text"
              : "expected a whole number of 64 bits, or one as text");
    }
    return negative ? -sum : sum;
  }

  /** Enters the object that is next; {@link JsonCursor#END} if it has no members, or is null. */
  private int enterObject() throws UnusableBodyException {
    int next = json.peek();
    if (next == 'n') {
      skip();
      return JsonCursor.END;
    }
    if (next != '{') {
      throw malformed("expected an object");
    }
    return must(json.enterObject());
  }

  /** Enters the array that is next; {@link JsonCursor#END} if it has no items, or is null. */
  private int enterArray() throws UnusableBodyException {
    int next = json.peek();
    if (next == 'n') {
      skip();
      return JsonCursor.END;
    }
    if (next != '[') {
      throw malformed("expected an array");
    }
    return must(json.enterArray());
  }

  private void skip() throws UnusableBodyException {
    must(json.skip());
  }

  /** Whether the value that is next belongs to a member with this name. */
  private boolean isNext(byte[] name) {
    json.peek();
    return isText(name);
  }

  private boolean isText(byte[] word) {
    int at = offset();
    return Arrays.equals(text.bytesOf(text.at()), at, at + text.length(), word, 0, word.length);
  }

  /** Offset of the last text in the bytes that hold it. */
  private int offset() {
    return JsonText.offsetOf(text.at());
  }

  private int must(int step) throws UnusableBodyException {
    if (step == JsonCursor.FAILED) {
      throw malformed(json.errorAt(), json.error());
    }
    return step;
  }

  private void must(boolean step) throws UnusableBodyException {
    if (!step) {
      throw malformed(json.errorAt(), json.error());
    }
  }

  private void refuseSecond(boolean seen, String name) throws UnusableBodyException {
    if (seen) {
      throw malformed("there is a second " + name);
    }
  }

  private UnusableBodyException malformed(String reason) {
    return malformed(json.at(), reason);
  }

  private UnusableBodyException malformed(int at, String reason) {
    return new UnusableBodyException(Outcome.Malformed.at(body, start, at, reason));
  }

  private static byte[] ascii(String word) {
    return word.getBytes(US_ASCII);
  }
}
