package dev.sluice.settings;

import dev.sluice.admin.AdminConfig;
import dev.sluice.config.Assignment;
import dev.sluice.config.Key;
import dev.sluice.config.Layers;
import dev.sluice.config.SettingsException;
import dev.sluice.config.Sources;
import dev.sluice.delivery.DeliveryConfig;
import dev.sluice.http.auth.AuthConfig;
import dev.sluice.http.connection.HttpConfig;
import dev.sluice.ingest.IngestConfig;
import dev.sluice.journal.JournalConfig;
import dev.sluice.migration.backfill.BackfillConfig;
import dev.sluice.migration.cutover.CutoverConfig;
import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.verify.VerifyConfig;
import dev.sluice.store.History.RowClass;
import dev.sluice.store.mysql.MysqlConfig;
import dev.sluice.store.questdb.QuestDbConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * All settings, checked, as each package's own record. Immutable. Never prints a password, because
 * it has no text form.
 */
public final class Settings {
  private static final Duration MIN_BACKOFF = Duration.ofMillis(50);
  private static final Duration MAX_BACKOFF = Duration.ofSeconds(10);

  private final Mode mode;
  private final Map<String, Assignment> assigned;

  private Settings(Mode mode, Map<String, Assignment> assigned) {
    this.mode = mode;
    this.assigned = Map.copyOf(assigned);
  }

  /**
   * Loads the defaults, overridden by the file, the environment and the flags, in this order.
   *
   * @throws SettingsException listing everything that is unknown, not allowed or missing
   */
  public static Settings load(Mode mode, Sources sources) throws SettingsException {
    List<String> problems = new ArrayList<>();
    Settings settings = new Settings(mode, Layers.merge(sources, Keys.table(), problems));
    Rules.check(settings, mode, problems);
    if (!problems.isEmpty()) {
      throw new SettingsException(problems);
    }
    return settings;
  }

  public Path dataDirectory() {
    return required(Keys.DATA_DIR);
  }

  public Duration shutdownTimeout() {
    return required(Keys.SHUTDOWN_TIMEOUT);
  }

  /** The phase for a data directory that has none yet. */
  public Phase initialPhase() {
    return optional(Keys.CUTOVER_INITIAL_PHASE).orElse(mode.initialPhase());
  }

  public IngestConfig ingest() {
    return new IngestConfig(
        required(Keys.INGEST_HOST),
        required(Keys.INGEST_PORT),
        Math.toIntExact(required(Keys.INGEST_MAX_BODY_BYTES)),
        required(Keys.INGEST_MAX_INFLIGHT_BYTES),
        required(Keys.INGEST_BODY_TIMEOUT),
        required(Keys.INGEST_DEVICE_TAGS),
        required(Keys.INGEST_TEXT_FIELDS),
        required(Keys.INGEST_OLDEST_TS),
        required(Keys.INGEST_MAX_AHEAD),
        required(Keys.INGEST_BAD_TS));
  }

  public HttpConfig http() {
    Optional<Integer> connections = optional(Keys.HTTP_MAX_CONNECTIONS);
    return new HttpConfig(
        connections.isPresent() ? OptionalInt.of(connections.get()) : OptionalInt.empty(),
        required(Keys.HTTP_MIN_RATE));
  }

  public AdminConfig admin() {
    return new AdminConfig(required(Keys.ADMIN_HOST), required(Keys.ADMIN_PORT));
  }

  public AuthConfig auth() {
    return new AuthConfig(required(Keys.AUTH_MODE), optional(Keys.AUTH_TOKENS_FILE));
  }

  public JournalConfig journal() {
    return new JournalConfig(
        dataDirectory().resolve("journal"),
        required(Keys.JOURNAL_ACK),
        required(Keys.JOURNAL_SYNC_INTERVAL),
        required(Keys.JOURNAL_MAX_BYTES),
        required(Keys.JOURNAL_SEGMENT_BYTES));
  }

  /** The MySQL server at {@code mysql.url}; empty when that is not set. */
  public Optional<MysqlConfig> mysql() {
    return optional(Keys.MYSQL_URL)
        .map(url -> mysqlAt(url, required(Keys.MYSQL_USER), required(Keys.MYSQL_PASSWORD)));
  }

  /** The other {@code mysql.*} settings, for a server at this address. */
  public MysqlConfig mysqlAt(String url, String user, String password) {
    return new MysqlConfig(
        url,
        user,
        password,
        optional(Keys.MYSQL_POOL_SIZE).orElseGet(MysqlConfig::poolSizeHere),
        required(Keys.MYSQL_BATCH_ROWS),
        required(Keys.MYSQL_LINGER));
  }

  /** {@code ingest.max-ahead}: how far ahead of the clock a reading may be. */
  public Duration maxAhead() {
    return required(Keys.INGEST_MAX_AHEAD);
  }

  /** {@code ingest.max-new-days}: most days without readings that may get some, per minute. */
  public int maxNewDays() {
    return required(Keys.INGEST_MAX_NEW_DAYS);
  }

  public QuestDbConfig questDb() {
    return new QuestDbConfig(
        required(Keys.QUESTDB_MODE),
        dataDirectory().resolve("questdb"),
        optional(Keys.QUESTDB_URL).orElse(""),
        required(Keys.QUESTDB_USER),
        required(Keys.QUESTDB_PASSWORD),
        required(Keys.QUESTDB_CONSOLE_PORT),
        required(Keys.QUESTDB_PG_PORT),
        required(Keys.QUESTDB_BATCH_ROWS),
        required(Keys.QUESTDB_LINGER),
        required(Keys.QUESTDB_DURABLE_AFTER),
        optional(Keys.QUESTDB_MAX_READERS).stream().mapToInt(Integer::intValue).findFirst());
  }

  public DeliveryConfig mysqlDelivery() {
    return delivery("mysql", required(Keys.MYSQL_LINGER));
  }

  public DeliveryConfig questDbDelivery() {
    return delivery("questdb", required(Keys.QUESTDB_LINGER));
  }

  private DeliveryConfig delivery(String sink, Duration linger) {
    Path file = dataDirectory().resolve("dead-letters").resolve(sink + ".ndjson");
    return new DeliveryConfig(
        linger, MIN_BACKOFF, MAX_BACKOFF, file, required(Keys.DEAD_LETTERS_MAX_BYTES));
  }

  public CutoverConfig cutover() {
    return new CutoverConfig(
        dataDirectory().resolve("cutover"),
        dataDirectory(),
        required(Keys.CUTOVER_MAX_LAG),
        required(Keys.CUTOVER_TIMEOUT),
        required(Keys.CUTOVER_REPORT_MAX_AGE),
        required(Keys.CUTOVER_MAX_DIRTY_AGE),
        required(Keys.CUTOVER_MIN_FREE_BYTES),
        required(Keys.JOURNAL_ACK) == JournalConfig.Ack.FSYNC,
        "sensor_data");
  }

  /** Share of reads that are also run against the other store, 0..1. */
  public double shadowReads() {
    return required(Keys.CUTOVER_SHADOW_READS);
  }

  public BackfillConfig backfill() {
    return new BackfillConfig(
        dataDirectory().resolve("backfill"),
        required(Keys.BACKFILL_CHUNK_ROWS),
        required(Keys.BACKFILL_ROWS_PER_SECOND),
        required(Keys.BACKFILL_MAX_INGEST_LATENCY),
        required(Keys.BACKFILL_MAX_LAG),
        required(Keys.BACKFILL_MAX_MYSQL_THREADS),
        Map.of(
            RowClass.INCOMPLETE, required(Keys.BACKFILL_INCOMPLETE),
            RowClass.BEFORE_1970, required(Keys.BACKFILL_BEFORE_1970),
            RowClass.INVALID_NAME, required(Keys.BACKFILL_INVALID_NAME),
            RowClass.SIMILAR_DEVICES, required(Keys.BACKFILL_SIMILAR_DEVICES),
            RowClass.DUPLICATE, required(Keys.BACKFILL_DUPLICATE),
            RowClass.FAR_FUTURE, required(Keys.BACKFILL_FAR_FUTURE)));
  }

  public VerifyConfig verify() {
    return new VerifyConfig(
        dataDirectory().resolve("verify"),
        required(Keys.VERIFY_MAX_MISMATCH_BYTES),
        required(Keys.VERIFY_SETTLE_TIMEOUT),
        required(Keys.CUTOVER_MAX_DIRTY_AGE));
  }

  <T> T required(Key<T> key) {
    return optional(key)
        .orElseThrow(() -> new AssertionError(key.name() + " has neither a value nor a default"));
  }

  <T> Optional<T> optional(Key<T> key) {
    return text(key).flatMap(key::parse);
  }

  Optional<String> text(Key<?> key) {
    return Optional.ofNullable(assigned.get(key.name())).map(Assignment::text).or(key::fallback);
  }

  /** Where the key's value comes from. */
  String source(Key<?> key) {
    return Optional.ofNullable(assigned.get(key.name()))
        .map(Assignment::source)
        .orElse("the default");
  }
}
