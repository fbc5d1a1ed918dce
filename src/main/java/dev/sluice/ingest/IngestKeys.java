package dev.sluice.ingest;

import dev.sluice.config.Check;
import dev.sluice.config.Key;
import dev.sluice.config.ValueType;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** The keys of {@link IngestConfig}, and of {@link NewDays}. */
public final class IngestKeys {
  public static final Key<String> HOST =
      Key.of("ingest.host", "127.0.0.1", ValueType.name(), "Address that receives readings.");
  public static final Key<Integer> PORT =
      Key.of("ingest.port", "8080", ValueType.port(), "Port that receives readings.");
  public static final Key<Integer> BACKLOG =
      Key.of(
          "ingest.backlog",
          "65535",
          ValueType.integer(1, 1_000_000),
          "Most connections waiting to be accepted; the kernel allows net.core.somaxconn.");
  public static final Key<Long> MAX_BODY_BYTES =
      Key.of(
          "ingest.max-body-bytes",
          "16MiB",
          ValueType.bytes("1KiB", "1GiB"),
          "Most decoded bytes of one request; more is a 413.");
  public static final Key<Long> MAX_INFLIGHT_BYTES =
      Key.of(
          "ingest.max-inflight-bytes",
          "128MiB",
          ValueType.bytes("1KiB", "1TiB"),
          "Most bytes that requests hold at once; more is a 503.");
  public static final Key<Duration> BODY_TIMEOUT =
      Key.of(
          "ingest.body-timeout",
          "30s",
          ValueType.duration("100ms", "1h"),
          "Longest time one body may take to arrive.");
  public static final Key<List<String>> DEVICE_TAGS =
      Key.of(
          "ingest.device-tags",
          "device_id,host,hostname,device,entity_id",
          ValueType.names(),
          "Tags or labels that name the device; the first present wins.");
  public static final Key<List<String>> OTLP_DEVICE_ATTRIBUTES =
      Key.of(
          "ingest.otlp-device-attributes",
          "device.id,host.name,service.instance.id",
          ValueType.names(),
          "OTLP attributes that name the device; the first present wins, a resource's first.");
  public static final Key<IngestConfig.TextFields> TEXT_FIELDS =
      Key.of(
          "ingest.text-fields",
          "ignore",
          ValueType.choice(IngestConfig.TextFields.values()),
          "Texts in line protocol. ignore: left out and counted; refuse: by name.");
  public static final Key<Instant> OLDEST_TS =
      Key.of(
          "ingest.oldest-ts",
          "2000-01-01T00:00:00Z",
          ValueType.instant("1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z"),
          "Readings from before this time are bad.");
  public static final Key<Duration> MAX_AHEAD =
      Key.of(
          "ingest.max-ahead",
          "1d",
          ValueType.duration("0ms", "36500d"),
          "Readings further ahead of the clock than this are bad.");
  public static final Key<IngestConfig.BadTs> BAD_TS =
      Key.of(
          "ingest.bad-ts",
          "refuse",
          ValueType.choice(IngestConfig.BadTs.values()),
          "Such readings. refuse: by name; receipt: stored at the time of receipt, counted.");
  public static final Key<Integer> MAX_NEW_DAYS =
      Key.of(
          "ingest.max-new-days",
          "1000",
          ValueType.integer(1, 3_000_000),
          "Most days per minute without readings so far; more is a 503, in one request a 413.");
  public static final Key<Integer> OTLP_PORT =
      Key.of(
          "otlp.port",
          "0",
          ValueType.portOrOff(),
          "Second port that receives readings, on ingest.host, in OTLP only; usually 4318.");

  /** All of them, in the order of the reference. */
  public static final List<Key<?>> ALL =
      List.of(
          HOST,
          PORT,
          BACKLOG,
          MAX_BODY_BYTES,
          MAX_INFLIGHT_BYTES,
          BODY_TIMEOUT,
          DEVICE_TAGS,
          OTLP_DEVICE_ATTRIBUTES,
          TEXT_FIELDS,
          OLDEST_TS,
          MAX_AHEAD,
          BAD_TS,
          MAX_NEW_DAYS,
          OTLP_PORT);

  private IngestKeys() {}

  /** Refuses limits under which the largest body would be put off forever, and one port for two. */
  public static void check(Check settings) {
    long min = IngestConfig.minInflightBytes(settings.required(MAX_BODY_BYTES));
    int otlp = settings.required(OTLP_PORT);
    if (otlp != 0 && otlp == settings.required(PORT)) {
      settings.refuse(OTLP_PORT, "another port than ingest.port, which takes OTLP, too; 0 is off");
    }
    if (settings.required(MAX_INFLIGHT_BYTES) < min) {
      settings.refuse(
          MAX_INFLIGHT_BYTES, "at least four times ingest.max-body-bytes (" + min + ")");
    }
  }
}
