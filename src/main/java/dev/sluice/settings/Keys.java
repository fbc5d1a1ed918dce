package dev.sluice.settings;

import dev.sluice.config.Key;
import dev.sluice.config.KeyTable;
import dev.sluice.config.ValueType;
import dev.sluice.http.auth.AuthConfig;
import dev.sluice.ingest.IngestConfig;
import dev.sluice.journal.JournalConfig;
import dev.sluice.migration.backfill.BackfillConfig.Decision;
import dev.sluice.migration.phase.Phase;
import dev.sluice.store.History.RowClass;
import dev.sluice.store.questdb.QuestDbConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** All settings, in the order in which the reference lists them. */
public final class Keys {
  private static final List<Key<?>> TABLE = new ArrayList<>();

  static final Key<Path> DATA_DIR =
      key("data.dir", "./data", ValueType.path(), "Folder of the journal and embedded stores.");

  static final Key<String> INGEST_HOST =
      key("ingest.host", "127.0.0.1", ValueType.name(), "Address that takes readings in.");
  static final Key<Integer> INGEST_PORT =
      key("ingest.port", "8080", ValueType.port(), "Port that takes readings in.");
  static final Key<Long> INGEST_MAX_BODY_BYTES =
      key(
          "ingest.max-body-bytes",
          "16MiB",
          ValueType.bytes("1KiB", "1GiB"),
          "Most decoded bytes of one request; more is a 413.");
  static final Key<Long> INGEST_MAX_INFLIGHT_BYTES =
      key(
          "ingest.max-inflight-bytes",
          "128MiB",
          ValueType.bytes("1KiB", "1TiB"),
          "Most bytes that requests hold at once; more is a 503.");
  static final Key<Duration> INGEST_BODY_TIMEOUT =
      key(
          "ingest.body-timeout",
          "30s",
          ValueType.duration("100ms", "1h"),
          "Most time one body may take to arrive.");
  static final Key<List<String>> INGEST_DEVICE_TAGS =
      key(
          "ingest.device-tags",
          "device_id,host,hostname,device,entity_id",
          ValueType.names(),
          "Line-protocol tags that name the device; the first present wins.");
  static final Key<IngestConfig.TextFields> INGEST_TEXT_FIELDS =
      key(
          "ingest.text-fields",
          "ignore",
          choice(IngestConfig.TextFields.values()),
          "Texts in line protocol. ignore: left out and counted; refuse: by name.");
  static final Key<Instant> INGEST_OLDEST_TS =
      key(
          "ingest.oldest-ts",
          "2000-01-01T00:00:00Z",
          ValueType.instant("1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z"),
          "Readings from before this time are bad.");
  static final Key<Duration> INGEST_MAX_AHEAD =
      key(
          "ingest.max-ahead",
          "1d",
          ValueType.duration("0ms", "36500d"),
          "Readings further ahead of the clock than this are bad.");
  static final Key<IngestConfig.BadTs> INGEST_BAD_TS =
      key(
          "ingest.bad-ts",
          "refuse",
          choice(IngestConfig.BadTs.values()),
          "Such readings. refuse: by name; receipt: stored at the time of receipt, counted.");
  static final Key<Integer> INGEST_MAX_NEW_DAYS =
      key(
          "ingest.max-new-days",
          "1000",
          ValueType.integer(1, 3_000_000),
          "Most days a minute that have no readings yet; more is a 503, in one request a 413.");

  static final Key<String> ADMIN_HOST =
      key("admin.host", "127.0.0.1", ValueType.name(), "Address for operators.");
  static final Key<Integer> ADMIN_PORT =
      key("admin.port", "8081", ValueType.port(), "Port for operators: status, health, metrics.");

  static final Key<Integer> HTTP_MAX_CONNECTIONS =
      key(
          "http.max-connections",
          ValueType.integer(16, 1_000_000),
          "Connections of the ingest port; by default as many as heap and open files allow.");
  static final Key<Long> HTTP_MIN_RATE =
      key(
          "http.min-rate",
          "1KiB",
          ValueType.bytes("0", "1GiB"),
          "Least bytes a second of a request or an answer, after 10 s; 0 is none.");

  static final Key<AuthConfig.Mode> AUTH_MODE =
      key(
          "auth.mode",
          "auto",
          choice(AuthConfig.Mode.values()),
          "auto: tokens if a tokens file is set, else loopback only; none: everybody, anywhere.");
  static final Key<Path> AUTH_TOKENS_FILE =
      key("auth.tokens-file", ValueType.path(), "File of hashed tokens with their scopes.");

  static final Key<JournalConfig.Ack> JOURNAL_ACK =
      key(
          "journal.ack",
          "os",
          choice(JournalConfig.Ack.values()),
          "What an ack survives. os: kill -9; fsync: a power cut too.");
  static final Key<Duration> JOURNAL_SYNC_INTERVAL =
      key(
          "journal.sync-interval",
          "50ms",
          ValueType.duration("1ms", "1m"),
          "Under os, most time before a reading is synced.");
  static final Key<Long> JOURNAL_MAX_BYTES =
      key(
          "journal.max-bytes",
          "16GiB",
          ValueType.bytes("2MiB", "1024TiB"),
          "Most bytes of the journal; when full, ingest answers 503.");
  static final Key<Long> JOURNAL_SEGMENT_BYTES =
      key(
          "journal.segment-bytes",
          "128MiB",
          ValueType.bytes("1MiB", "1GiB"),
          "Size at which a segment is closed; room is freed by whole segments.");

  static final Key<String> MYSQL_URL =
      key(
          "mysql.url",
          ValueType.url("jdbc:mysql://host:port/database", "jdbc:mysql:"),
          "The legacy store. Needed by serve in a phase that writes MySQL.");
  static final Key<String> MYSQL_USER =
      key("mysql.user", "sluice", ValueType.name(), "User for MySQL.");
  static final Key<String> MYSQL_PASSWORD =
      key("mysql.password", "", ValueType.password(), "Its password; best set by environment.");
  static final Key<Integer> MYSQL_POOL_SIZE =
      key(
          "mysql.pool-size",
          ValueType.integer(1, 64),
          "Connections that write, so batches in flight; by default one a processor, 2 to 4.");
  static final Key<Integer> MYSQL_BATCH_ROWS =
      key("mysql.batch-rows", "5000", ValueType.integer(1, 20_000), "Most rows of one INSERT.");
  static final Key<Duration> MYSQL_LINGER =
      key(
          "mysql.linger",
          "20ms",
          ValueType.duration("0ms", "1m"),
          "How long a batch waits to fill.");

  static final Key<QuestDbConfig.Mode> QUESTDB_MODE =
      key(
          "questdb.mode",
          "embedded",
          choice(QuestDbConfig.Mode.values()),
          "embedded: the engine in this process; remote: a server at questdb.url.");
  static final Key<String> QUESTDB_URL =
      key(
          "questdb.url",
          ValueType.url("http://host:port or https://host:port", "http://", "https://"),
          "The remote server. Needed when questdb.mode is remote.");
  static final Key<String> QUESTDB_USER =
      key("questdb.user", "", ValueType.text(), "User for the remote server, if it has any.");
  static final Key<String> QUESTDB_PASSWORD =
      key("questdb.password", "", ValueType.password(), "Its password; best set by environment.");
  static final Key<Integer> QUESTDB_CONSOLE_PORT =
      key(
          "questdb.console-port",
          "9000",
          ValueType.portOrOff(),
          "Read-only web console of the embedded engine, on loopback.");
  static final Key<Integer> QUESTDB_PG_PORT =
      key(
          "questdb.pg-port",
          "8812",
          ValueType.portOrOff(),
          "Read-only PostgreSQL wire of the embedded engine, on loopback.");
  static final Key<Integer> QUESTDB_BATCH_ROWS =
      key(
          "questdb.batch-rows",
          "500000",
          ValueType.integer(1, 1_000_000),
          "Most rows of one commit.");
  static final Key<Duration> QUESTDB_LINGER =
      key(
          "questdb.linger",
          "200ms",
          ValueType.duration("0ms", "1m"),
          "How long a batch waits to fill.");
  static final Key<Duration> QUESTDB_DURABLE_AFTER =
      key(
          "questdb.durable-after",
          "60s",
          ValueType.duration("0ms", "1d"),
          "How long segments are kept behind a remote server that acks before it syncs.");
  static final Key<Integer> QUESTDB_MAX_READERS =
      key(
          "questdb.max-readers",
          ValueType.integer(1, 1_000),
          "Most reads the embedded engine answers at once; by default what vm.max_map_count has"
              + " room for, 1 to 16.");

  static final Key<Phase> CUTOVER_INITIAL_PHASE =
      key(
          "cutover.initial-phase",
          ValueType.choice(List.of(Phase.MYSQL, Phase.MIRROR, Phase.RETIRED), Phase::label),
          "Which stores are written and read; by default mirror under up, else mysql.");

  static final Key<Duration> CUTOVER_MAX_LAG =
      key(
          "cutover.max-lag",
          "5s",
          ValueType.duration("10ms", "1h"),
          "Longest time from ack to visible, in either store, at which reads may move.");
  static final Key<Duration> CUTOVER_TIMEOUT =
      key(
          "cutover.timeout",
          "10s",
          ValueType.duration("100ms", "10m"),
          "How long a flip waits for the store that is read next; then all is put back.");
  static final Key<Duration> CUTOVER_REPORT_MAX_AGE =
      key(
          "cutover.report-max-age",
          "15m",
          ValueType.duration("1s", "1d"),
          "How old the readiness report may be that a flip rests on.");
  static final Key<Duration> CUTOVER_MAX_DIRTY_AGE =
      key(
          "cutover.max-dirty-age",
          "15m",
          ValueType.duration("0ms", "1d"),
          "How long a verified hour may have been written to since; then it is verified again.");
  static final Key<Long> CUTOVER_MIN_FREE_BYTES =
      key(
          "cutover.min-free-bytes",
          "2GiB",
          ValueType.bytes("0", "1024TiB"),
          "Free disk under data.dir at which reads may move.");
  static final Key<Double> CUTOVER_SHADOW_READS =
      key(
          "cutover.shadow-reads",
          "0",
          ValueType.share(),
          "Share of reads run against the other store too, and compared.");

  static final Key<Integer> BACKFILL_CHUNK_ROWS =
      key(
          "backfill.chunk-rows",
          "50000",
          ValueType.integer(100, 1_000_000),
          "Most rows copied at once.");
  static final Key<Integer> BACKFILL_ROWS_PER_SECOND =
      key(
          "backfill.rows-per-second",
          "0",
          ValueType.integer(0, 1_000_000_000),
          "Pace of a backfill; 0 is as fast as the limits below allow.");
  static final Key<Duration> BACKFILL_MAX_INGEST_LATENCY =
      key(
          "backfill.max-ingest-latency",
          "50ms",
          ValueType.duration("1ms", "1m"),
          "A backfill yields while the 99th percentile of ingest's answers is above.");
  static final Key<Duration> BACKFILL_MAX_LAG =
      key(
          "backfill.max-lag",
          "2s",
          ValueType.duration("10ms", "1h"),
          "A backfill yields while readings take longer to become visible in QuestDB.");
  static final Key<Integer> BACKFILL_MAX_MYSQL_THREADS =
      key(
          "backfill.max-mysql-threads",
          "25",
          ValueType.integer(1, 100_000),
          "A backfill yields while MySQL runs more statements at once (Threads_running).");
  static final Key<Decision> BACKFILL_INCOMPLETE =
      decision(RowClass.INCOMPLETE, "Rows without device, time or value.");
  static final Key<Decision> BACKFILL_BEFORE_1970 =
      decision(RowClass.BEFORE_1970, "Rows before 1970, which QuestDB cannot hold.");
  static final Key<Decision> BACKFILL_INVALID_NAME =
      decision(
          RowClass.INVALID_NAME,
          "Rows whose device or metric is empty, over 128 or 255 bytes or has control characters.");
  static final Key<Decision> BACKFILL_SIMILAR_DEVICES =
      decision(
          RowClass.SIMILAR_DEVICES,
          "Devices that differ only in case or accents; copied, they stay different devices.");
  static final Key<Decision> BACKFILL_DUPLICATE =
      decision(RowClass.DUPLICATE, "Rows whose identity has a later row, which counts instead.");
  static final Key<Decision> BACKFILL_FAR_FUTURE =
      decision(
          RowClass.FAR_FUTURE,
          "Rows further ahead of the clock than ingest.max-ahead; a wrong clock wrote them.");

  static final Key<Long> VERIFY_MAX_MISMATCH_BYTES =
      key(
          "verify.max-mismatch-bytes",
          "1GiB",
          ValueType.bytes("1KiB", "1TiB"),
          "Most bytes of the mismatch files; beyond, a run ends and says so.");
  static final Key<Duration> VERIFY_SETTLE_TIMEOUT =
      key(
          "verify.settle-timeout",
          "1m",
          ValueType.duration("1s", "1d"),
          "How long a difference waits for both stores to catch up before it is looked at again.");

  static final Key<Long> DEAD_LETTERS_MAX_BYTES =
      key(
          "dead-letters.max-bytes",
          "1GiB",
          ValueType.bytes("1KiB", "1TiB"),
          "Most bytes of one store's dead-letter file; at the limit its delivery waits.");

  static final Key<Duration> SHUTDOWN_TIMEOUT =
      key(
          "shutdown.timeout",
          "30s",
          ValueType.duration("1s", "1h"),
          "How long a stop waits for requests and deliveries; it ends 10 s later at the latest.");

  private Keys() {}

  static KeyTable table() {
    return new KeyTable(TABLE);
  }

  /** The reference of all settings, as {@code --help} prints it. */
  public static String reference() {
    return TABLE.stream().map(Keys::entry).collect(Collectors.joining());
  }

  private static String entry(Key<?> key) {
    String fallback = key.fallback().filter(text -> !text.isEmpty()).orElse("(none)");
    return "  %-26s %s%n      %s%n      Allowed: %s.%n"
        .formatted(key.name(), fallback, key.description(), key.type().allowed());
  }

  private static <T> Key<T> key(String name, String fallback, ValueType<T> type, String text) {
    return add(new Key<>(name, type, Optional.of(fallback), text));
  }

  private static <T> Key<T> key(String name, ValueType<T> type, String text) {
    return add(new Key<>(name, type, Optional.empty(), text));
  }

  private static <T> Key<T> add(Key<T> key) {
    TABLE.add(key);
    return key;
  }

  private static Key<Decision> decision(RowClass rowClass, String text) {
    List<Decision> allowed =
        Arrays.stream(Decision.values()).filter(d -> d.allowedFor(rowClass)).toList();
    return key(
        "backfill." + rowClass.label(), "stop", ValueType.choice(allowed, Decision::label), text);
  }

  private static <T extends Enum<T>> ValueType<T> choice(T[] values) {
    Function<T, String> label = value -> value.name().toLowerCase(Locale.ROOT);
    return ValueType.choice(List.of(values), label);
  }
}
