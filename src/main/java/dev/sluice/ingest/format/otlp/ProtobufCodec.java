package dev.sluice.ingest.format.otlp;

import dev.sluice.ingest.format.BodyText;
import dev.sluice.ingest.format.Codec;
import dev.sluice.ingest.format.DevicePrefix;
import dev.sluice.ingest.format.Outcome;
import dev.sluice.ingest.format.Rejections;
import dev.sluice.ingest.format.Remarks;
import dev.sluice.ingest.format.TsWindow;
import dev.sluice.ingest.format.Turn;
import dev.sluice.reading.MemoryClaim;
import dev.sluice.reading.ReadingBuffer;
import java.util.List;

/**
 * {@code ExportMetricsServiceRequest} in protobuf. Fields may be in any order, and those that are
 * not known are skipped. Field numbers are those of {@code opentelemetry/proto}. Works on the bytes
 * and makes no objects of messages. Confined to one request at a time and reusable.
 */
final class ProtobufCodec implements Codec {
  private final Text text;
  private final Attribute attribute;
  private final PointReadings readings;

  // One for each level, since each is still in use while those below it are walked.
  private final Message request = new Message();
  private final Message resourceMetrics = new Message();
  private final Message scopeMetrics = new Message();
  private final Message metric = new Message();
  private final Message data = new Message();
  private final Message dataPoint = new Message();
  private final Message inner = new Message();
  private final Message value = new Message();

  private byte[] body = new byte[0];
  private int yieldAt;

  ProtobufCodec(
      List<String> deviceAttributes, DevicePrefix devices, Remarks remarks, MemoryClaim memory) {
    this.text = new Text(memory);
    this.attribute = new Attribute(text);
    this.readings = new PointReadings(text, deviceAttributes, devices, remarks, memory);
  }

  @Override
  public Outcome parse(
      byte[] bytes, int length, TsWindow times, ReadingBuffer into, Rejections rejections) {
    body = bytes;
    yieldAt = Turn.first(0, length);
    text.start(bytes, length);
    readings.start(times, into, rejections);
    try {
      request.start(bytes, 0, length);
      while (request.next()) {
        if (request.isRange(1)) {
          takeResource(request.from(), request.to());
        }
      }
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

  /** A ResourceMetrics. Its resource may come after what it is the resource of. */
  private void takeResource(int from, int to) throws UnusableBodyException {
    int held = text.held();
    readings.startResource();
    resourceMetrics.start(body, from, to);
    while (resourceMetrics.next()) {
      if (resourceMetrics.isRange(1)) {
        takeResourceAttributes(resourceMetrics.from(), resourceMetrics.to());
      }
    }
    resourceMetrics.start(body, from, to);
    while (resourceMetrics.next()) {
      if (resourceMetrics.isRange(2)) {
        takeScope(resourceMetrics.from(), resourceMetrics.to());
      }
    }
    text.forget(held);
  }

  private void takeResourceAttributes(int from, int to) throws UnusableBodyException {
    dataPoint.start(body, from, to);
    while (dataPoint.next()) {
      if (dataPoint.isRange(1)) {
        takeAttribute(dataPoint.from(), dataPoint.to());
        readings.resourceAttribute(attribute);
      }
    }
  }

  private void takeScope(int from, int to) throws UnusableBodyException {
    scopeMetrics.start(body, from, to);
    while (scopeMetrics.next()) {
      if (scopeMetrics.isRange(2)) {
        takeMetric(scopeMetrics.from(), scopeMetrics.to());
      }
    }
  }

  /** A Metric. Its name may come after its data. */
  private void takeMetric(int from, int to) throws UnusableBodyException {
    readings.startMetric(from, 0);
    DataKind kind = null;
    metric.start(body, from, to);
    while (metric.next()) {
      DataKind found = DataKind.inField(metric.field());
      if (metric.isRange(1)) {
        readings.startMetric(metric.from(), metric.length());
      } else if (found != null && metric.isRange(found.field)) {
        kind = found; // a metric has one kind of data; in protobuf the last one counts
      }
    }
    if (kind == null) {
      readings.unknownData();
      return;
    }
    metric.start(body, from, to);
    while (metric.next()) {
      if (metric.isRange(kind.field)) {
        takeData(kind, metric.from(), metric.to());
      }
    }
  }

  private void takeData(DataKind kind, int from, int to) throws UnusableBodyException {
    data.start(body, from, to);
    while (data.next()) {
      if (data.isRange(1)) {
        if (data.from() >= yieldAt) {
          yieldAt = Turn.next(data.from());
        }
        takePoint(kind, data.from(), data.to());
      }
    }
  }

  private void takePoint(DataKind kind, int from, int to) throws UnusableBodyException {
    DataPoint point = readings.startPoint();
    boolean hasBuckets = false;
    dataPoint.start(body, from, to);
    while (dataPoint.next()) {
      if (dataPoint.isRange(kind.attributes)) {
        takeAttribute(dataPoint.from(), dataPoint.to());
        readings.pointAttribute(attribute);
      } else if (dataPoint.isFixed64(3)) {
        point.timeNanos = dataPoint.bits();
      } else if (dataPoint.isVarint(kind.flags)) {
        point.flags(dataPoint.bits());
      } else if (kind.isNumber()) {
        takeNumber(point);
      } else {
        takeTotal(kind, point);
        if (kind == DataKind.HISTOGRAM) {
          takeBuckets(point);
        } else if (kind == DataKind.SUMMARY && dataPoint.isRange(6)) {
          takeQuantile(point, dataPoint.from(), dataPoint.to());
        }
        hasBuckets |=
            kind == DataKind.EXPONENTIAL_HISTOGRAM
                && (dataPoint.isRange(8) || dataPoint.isRange(9));
      }
    }
    readings.endPoint(kind, hasBuckets);
  }

  private void takeNumber(DataPoint point) {
    if (dataPoint.isFixed64(4)) {
      point.value(dataPoint.asDouble());
    } else if (dataPoint.isFixed64(6)) {
      point.value((double) dataPoint.bits());
    }
  }

  private void takeTotal(DataKind kind, DataPoint point) {
    if (dataPoint.isFixed64(4)) {
      point.count = Numbers.unsigned(dataPoint.bits());
    } else if (dataPoint.isFixed64(5)) {
      point.sum(dataPoint.asDouble());
    } else if (dataPoint.isFixed64(kind.min)) {
      point.min(dataPoint.asDouble());
    } else if (dataPoint.isFixed64(kind.max)) {
      point.max(dataPoint.asDouble());
    }
  }

  /** Bucket counts and bounds, packed as everybody sends them, or one by one. */
  private void takeBuckets(DataPoint point) throws UnusableBodyException {
    if (dataPoint.isRange(6)) {
      int count = dataPoint.packed();
      for (int i = 0; i < count; i++) {
        point.addAmount(Numbers.unsigned(dataPoint.packed(i)));
      }
    } else if (dataPoint.isRange(7)) {
      int count = dataPoint.packed();
      for (int i = 0; i < count; i++) {
        point.addBound(Double.longBitsToDouble(dataPoint.packed(i)));
      }
    } else if (dataPoint.isFixed64(6)) {
      point.addAmount(Numbers.unsigned(dataPoint.bits()));
    } else if (dataPoint.isFixed64(7)) {
      point.addBound(dataPoint.asDouble());
    }
  }

  private void takeQuantile(DataPoint point, int from, int to) throws UnusableBodyException {
    double quantile = 0;
    double amount = 0;
    inner.start(body, from, to);
    while (inner.next()) {
      if (inner.isFixed64(1)) {
        quantile = inner.asDouble();
      } else if (inner.isFixed64(2)) {
        amount = inner.asDouble();
      }
    }
    point.addBound(quantile);
    point.addAmount(amount);
  }

  /** A KeyValue, into {@link #attribute}. */
  private void takeAttribute(int from, int to) throws UnusableBodyException {
    attribute.clear();
    inner.start(body, from, to);
    while (inner.next()) {
      if (inner.isRange(1)) {
        text.take(inner.from(), inner.length());
        attribute.key();
      } else if (inner.isRange(2)) {
        takeValue(inner.from(), inner.to());
      }
    }
  }

  /** An AnyValue. What it may nest is not looked into. */
  private void takeValue(int from, int to) throws UnusableBodyException {
    value.start(body, from, to);
    while (value.next()) {
      if (value.isRange(1)) {
        text.take(value.from(), value.length());
        attribute.value();
      } else if (value.isVarint(2)) {
        attribute.value(value.bits() != 0);
      } else if (value.isVarint(3)) {
        attribute.value(value.bits());
      } else if (value.isFixed64(4)) {
        attribute.value(value.asDouble());
      } else if (value.isRange(5)) {
        attribute.unusable("an array");
      } else if (value.isRange(6)) {
        attribute.unusable("an object");
      } else if (value.isRange(7)) {
        attribute.unusable("bytes");
      }
    }
  }

  /** The texts of a body, which are ranges of it, and what is made of its numbers. */
  private static final class Text extends BodyText {
    Text(MemoryClaim memory) {
      super(memory);
    }

    void take(int from, int bytes) {
      at = from;
      length = bytes;
    }
  }
}
