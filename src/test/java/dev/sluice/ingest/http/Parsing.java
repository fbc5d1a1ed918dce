package dev.sluice.ingest.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.ingest.format.Codec;
import dev.sluice.ingest.format.DevicePrefix;
import dev.sluice.ingest.format.Outcome;
import dev.sluice.ingest.format.Precision;
import dev.sluice.ingest.format.Rejections;
import dev.sluice.ingest.format.Remarks;
import dev.sluice.ingest.format.TsWindow;
import dev.sluice.ingest.format.json.JsonParser;
import dev.sluice.ingest.format.line.LineProtocolParser;
import dev.sluice.ingest.format.otlp.OtlpParser;
import dev.sluice.ingest.format.prometheus.RemoteWriteParser;
import dev.sluice.reading.MemoryClaim;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.reading.ReadingBuffer;
import java.util.ArrayList;
import java.util.List;

/** Runs a parser for a test, again and again on the same instances, as a server does. */
public final class Parsing {
  public static final long NOW = 1_795_300_000_000_000L;
  public static final TsWindow ANY_TIME = new TsWindow(NOW, 0, Reading.MAX_TS_MICROS, false);
  public static final TsWindow USUAL =
      new TsWindow(NOW, 946_684_800_000_000L, NOW + 86_400_000_000L, false);
  public static final TsWindow RESTAMPING =
      new TsWindow(NOW, USUAL.oldestMicros(), USUAL.newestMicros(), true);
  public static final List<String> DEVICE_TAGS =
      List.of("device_id", "host", "hostname", "device", "entity_id");

  /** What {@code ingest.otlp-device-attributes} is unless configured. */
  public static final List<String> DEVICE_ATTRIBUTES =
      List.of("device.id", "host.name", "service.instance.id");

  /** What came out: readings in order, positions and reasons of what was refused. */
  public record Result(
      Outcome outcome, List<Reading> readings, List<Integer> refused, List<String> reasons) {}

  private interface Parser {
    Outcome parse(byte[] body, int from, int to, ReadingBuffer into, Rejections rejections);
  }

  final ReadingBuffer buffer = new ReadingBuffer(64, 64 << 20);
  public final Rejections rejections = new Rejections();
  public final Remarks remarks = new Remarks();
  public final DevicePrefix devices = new DevicePrefix();
  public TsWindow times = ANY_TIME;
  private final ReadingBatch batch = new ReadingBatch();
  private final JsonParser json = new JsonParser(devices, remarks, more -> {});
  private final LineProtocolParser lines;
  private final RemoteWriteParser remoteWrite =
      new RemoteWriteParser(DEVICE_TAGS, devices, remarks, more -> {});
  private final OtlpParser otlp;

  public Parsing() {
    this(true);
  }

  public Parsing(boolean refusesTexts) {
    this(refusesTexts, MemoryClaim.UNLIMITED);
  }

  /** Asks {@code memory} before a parser's memory grows; texts in line protocol are refused. */
  public Parsing(MemoryClaim memory) {
    this(true, memory);
  }

  private Parsing(boolean refusesTexts, MemoryClaim memory) {
    lines = new LineProtocolParser(DEVICE_TAGS, devices, refusesTexts, remarks, memory);
    otlp = new OtlpParser(DEVICE_ATTRIBUTES, devices, remarks, memory);
  }

  public Result otlpProtobuf(byte[] body) {
    return run(
        (b, f, t, into, refused) -> otlp.protobuf().parse(b, t, times, into, refused),
        body,
        0,
        body.length);
  }

  public Result otlpJson(byte[] body) {
    return run(
        (b, f, t, into, refused) -> otlp.json().parse(b, t, times, into, refused),
        body,
        0,
        body.length);
  }

  public Result json(String body) {
    return json(body.getBytes(UTF_8));
  }

  public Result json(byte[] body) {
    return json(body, 0, body.length);
  }

  public Result json(byte[] body, int from, int to) {
    return run(
        (b, f, t, into, refused) -> json.parse(b, f, t, times, into, refused), body, from, to);
  }

  public Result ndjson(String body) {
    byte[] bytes = body.getBytes(UTF_8);
    return ndjson(bytes, 0, bytes.length);
  }

  public Result ndjson(byte[] body, int from, int to) {
    return run(
        (b, f, t, into, refused) -> json.parseLines(b, f, t, times, into, refused), body, from, to);
  }

  public Result lines(String body) {
    return lines(body, Precision.NANOSECONDS);
  }

  public Result lines(String body, Precision precision) {
    byte[] bytes = body.getBytes(UTF_8);
    return lines(bytes, 0, bytes.length, precision);
  }

  public Result lines(byte[] body, int from, int to, Precision precision) {
    return run(
        (b, f, t, into, refused) -> lines.parse(b, f, t, precision, times, into, refused),
        body,
        from,
        to);
  }

  /** The first {@code length} bytes, as a message of version 1 or 2. */
  public Result remoteWrite(int version, byte[] body, int length) {
    Codec codec = version == 1 ? remoteWrite.version1() : remoteWrite.version2();
    return run(
        (b, f, t, into, refused) -> codec.parse(b, t, times, into, refused), body, 0, length);
  }

  public Result remoteWrite(int version, byte[] body) {
    return remoteWrite(version, body, body.length);
  }

  private Result run(Parser parser, byte[] body, int from, int to) {
    Outcome outcome = parser.parse(body, from, to, buffer, rejections);
    batch.clear(0);
    for (int c = 0; c < buffer.chunks(); c++) {
      batch.decode(
          buffer.array(),
          buffer.chunkStart(c),
          buffer.chunkEnd(c),
          buffer.chunkCount(c),
          0,
          Integer.MAX_VALUE);
    }
    List<Reading> readings = new ArrayList<>();
    for (int i = 0; i < batch.size(); i++) {
      readings.add(batch.reading(i));
    }
    List<Integer> refused = new ArrayList<>();
    List<String> reasons = new ArrayList<>();
    for (int i = 0; i < rejections.kept(); i++) {
      refused.add(rejections.position(i));
      reasons.add(rejections.reason(i));
    }
    return new Result(outcome, readings, refused, reasons);
  }
}
