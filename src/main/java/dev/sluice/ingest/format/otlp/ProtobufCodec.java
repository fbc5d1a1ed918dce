package dev.sluice.ingest.format.otlp;

import dev.sluice.ingest.format.BodyText;
import dev.sluice.ingest.format.Codec;
import dev.sluice.ingest.format.DevicePrefix;
import dev.sluice.ingest.format.Outcome;
import dev.sluice.ingest.format.ProtobufReader;
import dev.sluice.ingest.format.Rejections;
import dev.sluice.ingest.format.Remarks;
import dev.sluice.ingest.format.TsWindow;
import dev.sluice.ingest.format.Turn;
import dev.sluice.ingest.format.UnusableBodyException;
import dev.sluice.reading.MemoryClaim;
import dev.sluice.reading.ReadingBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code ExportMetricsServiceRequest} in protobuf. Fields may be in any order, and those that are
 * not known, or have another wire type than the known ones, are skipped. Field numbers are those of
 * {@code opentelemetry/proto}. Works on the bytes and makes no objects of messages. Confined to one
 * request at a time and reusable.
 */
final class ProtobufCodec implements Codec {
  private final Text text;
  private final Attribute attribute;
  private final PointReadings readings;

  private final ProtobufReader in = new ProtobufReader();

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
    yieldAt = Turn.first(0, length);
    text.start(bytes, length);
    readings.start(times, into, rejections);
    try {
      in.start(bytes, length);
      while (in.next()) {
        if (in.isRange(1)) {
          takeResource();
        } else {
          in.skip();
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
  private void takeResource() throws UnusableBodyException {
    int outer = in.enter();
    int held = text.held();
    readings.startResource();
    int first = in.at();
    while (in.next()) {
      if (in.isRange(1)) {
        takeResourceAttributes();
      } else {
        in.skip();
      }
    }
    in.seek(first);
    while (in.next()) {
      if (in.isRange(2)) {
        takeScope();
      } else {
        in.skip();
      }
    }
    text.forget(held);
    in.leave(outer);
  }

  private void takeResourceAttributes() throws UnusableBodyException {
    int outer = in.enter();
    while (in.next()) {
      if (in.isRange(1)) {
        takeAttribute();
        readings.resourceAttribute(attribute);
      } else {
        in.skip();
      }
    }
    in.leave(outer);
  }

  private void takeScope() throws UnusableBodyException {
    int outer = in.enter();
    while (in.next()) {
      if (in.isRange(2)) {
        takeMetric();
      } else {
        in.skip();
      }
    }
    in.leave(outer);
  }

  /** A Metric. Its name may come after its data. */
  private void takeMetric() throws UnusableBodyException {
    int outer = in.enter();
    int first = in.at();
    DataKind kind = readKind();
    if (kind == null) {
      readings.unknownData();
    } else {
      in.seek(first);
      while (in.next()) {
        if (in.isRange(kind.field)) {
          takeData(kind);
        } else {
          in.skip();
        }
      }
    }
    in.leave(outer);
  }

  /** Reads the name of a Metric, and the kind of its data; null if it has none that is known. */
  private @Nullable DataKind readKind() throws UnusableBodyException {
    readings.startMetric(in.at(), 0);
    DataKind kind = null;
    while (in.next()) {
      if (in.isRange(1)) {
        int outer = in.enter();
        readings.startMetric(in.at(), in.length());
        in.leave(outer);
        continue;
      }
      DataKind found = DataKind.inField(in.field());
      if (found != null && in.isRange(found.field)) {
        kind = found; // a metric has one kind of data; in protobuf the last one counts
      }
      in.skip();
    }
    return kind;
  }

  private void takeData(DataKind kind) throws UnusableBodyException {
    int outer = in.enter();
    while (in.next()) {
      if (in.isRange(1)) {
        if (in.at() >= yieldAt) {
          yieldAt = Turn.next(in.at());
        }
        takePoint(kind);
      } else {
        in.skip();
      }
    }
    in.leave(outer);
  }

  private void takePoint(DataKind kind) throws UnusableBodyException {
    int outer = in.enter();
    DataPoint point = readings.startPoint();
    boolean hasBuckets = false;
    while (in.next()) {
      hasBuckets |= kind == DataKind.EXPONENTIAL_HISTOGRAM && (in.isRange(8) || in.isRange(9));
      if (in.isRange(kind.attributes)) {
        takeAttribute();
        readings.pointAttribute(attribute);
      } else if (in.isFixed64(3)) {
        point.timeNanos = in.fixed64();
      } else if (in.isVarint(kind.flags)) {
        point.flags(in.varint());
      } else if (!takesNumber(kind, point)) {
        in.skip();
      }
    }
    in.leave(outer);
    readings.endPoint(kind, hasBuckets);
  }

  /** Takes the current field if it is one of the numbers of a data point of this kind. */
  private boolean takesNumber(DataKind kind, DataPoint point) throws UnusableBodyException {
    return switch (kind) {
      case GAUGE, SUM -> takesValue(point);
      case EXPONENTIAL_HISTOGRAM -> takesTotal(kind, point);
      case HISTOGRAM -> takesTotal(kind, point) || takesBuckets(point);
      case SUMMARY -> takesTotal(kind, point) || takesQuantile(point);
    };
  }

  private boolean takesValue(DataPoint point) throws UnusableBodyException {
    if (in.isFixed64(4)) {
      point.value(readDouble());
    } else if (in.isFixed64(6)) {
      point.value((double) in.fixed64());
    } else {
      return false;
    }
    return true;
  }

  private boolean takesTotal(DataKind kind, DataPoint point) throws UnusableBodyException {
    if (in.isFixed64(4)) {
      point.count = Numbers.unsigned(in.fixed64());
    } else if (in.isFixed64(5)) {
      point.sum(readDouble());
    } else if (in.isFixed64(kind.min)) {
      point.min(readDouble());
    } else if (in.isFixed64(kind.max)) {
      point.max(readDouble());
    } else {
      return false;
    }
    return true;
  }

  /** Bucket counts and bounds, packed as everybody sends them, or one by one. */
  private boolean takesBuckets(DataPoint point) throws UnusableBodyException {
    if (in.isRange(6)) {
      int outer = in.enter();
      while (!in.atEnd()) {
        point.addAmount(Numbers.unsigned(in.packedFixed64()));
      }
      in.leave(outer);
    } else if (in.isRange(7)) {
      int outer = in.enter();
      while (!in.atEnd()) {
        point.addBound(Double.longBitsToDouble(in.packedFixed64()));
      }
      in.leave(outer);
    } else if (in.isFixed64(6)) {
      point.addAmount(Numbers.unsigned(in.fixed64()));
    } else if (in.isFixed64(7)) {
      point.addBound(readDouble());
    } else {
      return false;
    }
    return true;
  }

  private boolean takesQuantile(DataPoint point) throws UnusableBodyException {
    if (!in.isRange(6)) {
      return false;
    }
    int outer = in.enter();
    double quantile = 0;
    double amount = 0;
    while (in.next()) {
      if (in.isFixed64(1)) {
        quantile = readDouble();
      } else if (in.isFixed64(2)) {
        amount = readDouble();
      } else {
        in.skip();
      }
    }
    in.leave(outer);
    point.addBound(quantile);
    point.addAmount(amount);
    return true;
  }

  private double readDouble() throws UnusableBodyException {
    return Double.longBitsToDouble(in.fixed64());
  }

  /** A KeyValue, into {@link #attribute}. */
  private void takeAttribute() throws UnusableBodyException {
    int outer = in.enter();
    attribute.clear();
    while (in.next()) {
      if (in.isRange(1)) {
        takeText();
        attribute.key();
      } else if (in.isRange(2)) {
        takeValue();
      } else {
        in.skip();
      }
    }
    in.leave(outer);
  }

  /** An AnyValue. What it may nest is not looked into. */
  private void takeValue() throws UnusableBodyException {
    int outer = in.enter();
    while (in.next()) {
      if (in.isRange(1)) {
        takeText();
        attribute.value();
      } else if (in.isVarint(2)) {
        attribute.value(in.varint() != 0);
      } else if (in.isVarint(3)) {
        attribute.value(in.varint());
      } else if (in.isFixed64(4)) {
        attribute.value(readDouble());
      } else {
        noteUnusable();
        in.skip();
      }
    }
    in.leave(outer);
  }

  private void noteUnusable() {
    if (in.isRange(5)) {
      attribute.unusable("an array");
    } else if (in.isRange(6)) {
      attribute.unusable("an object");
    } else if (in.isRange(7)) {
      attribute.unusable("bytes");
    }
  }

  private void takeText() throws UnusableBodyException {
    int outer = in.enter();
    text.take(in.at(), in.length());
    in.leave(outer);
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
