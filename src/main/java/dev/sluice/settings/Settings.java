package dev.sluice.settings;

import dev.sluice.admin.AdminConfig;
import dev.sluice.admin.AdminKeys;
import dev.sluice.audit.AuditConfig;
import dev.sluice.audit.AuditKeys;
import dev.sluice.cluster.NodeConfig;
import dev.sluice.cluster.NodeKeys;
import dev.sluice.config.Assignment;
import dev.sluice.config.Key;
import dev.sluice.config.Layers;
import dev.sluice.config.SettingsException;
import dev.sluice.config.Sources;
import dev.sluice.delivery.DeliveryConfig;
import dev.sluice.delivery.DeliveryKeys;
import dev.sluice.doctor.DoctorConfig;
import dev.sluice.fleet.FleetConfig;
import dev.sluice.fleet.FleetKeys;
import dev.sluice.http.auth.AddressRange;
import dev.sluice.http.auth.AuthConfig;
import dev.sluice.http.auth.AuthKeys;
import dev.sluice.http.connection.HttpConfig;
import dev.sluice.http.connection.HttpKeys;
import dev.sluice.http.limit.LimitsConfig;
import dev.sluice.http.limit.LimitsKeys;
import dev.sluice.http.origin.OriginConfig;
import dev.sluice.http.origin.OriginKeys;
import dev.sluice.http.proxy.ProxyKeys;
import dev.sluice.http.tls.TlsConfig;
import dev.sluice.http.tls.TlsKeys;
import dev.sluice.ingest.IngestConfig;
import dev.sluice.ingest.IngestKeys;
import dev.sluice.ingest.mqtt.MqttConfig;
import dev.sluice.ingest.mqtt.MqttKeys;
import dev.sluice.ingest.udp.UdpConfig;
import dev.sluice.ingest.udp.UdpKeys;
import dev.sluice.journal.JournalConfig;
import dev.sluice.journal.JournalKeys;
import dev.sluice.journal.kafka.KafkaConfig;
import dev.sluice.journal.kafka.KafkaKeys;
import dev.sluice.migration.backfill.BackfillConfig;
import dev.sluice.migration.backfill.BackfillKeys;
import dev.sluice.migration.cutover.CutoverConfig;
import dev.sluice.migration.cutover.CutoverKeys;
import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.verify.VerifyConfig;
import dev.sluice.migration.verify.VerifyKeys;
import dev.sluice.query.QueryKeys;
import dev.sluice.store.History.RowClass;
import dev.sluice.store.mysql.MysqlConfig;
import dev.sluice.store.mysql.MysqlKeys;
import dev.sluice.store.mysql.MysqlTls;
import dev.sluice.store.questdb.QuestDbConfig;
import dev.sluice.store.questdb.QuestDbKeys;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

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

  /** What this node is called, and does. */
  public NodeConfig node() {
    return new NodeConfig(optional(NodeKeys.ID), required(NodeKeys.ROLES));
  }

  /** The phase for a data directory that has none yet. */
  public Phase initialPhase() {
    return optional(CutoverKeys.INITIAL_PHASE).orElse(mode.initialPhase());
  }

  public IngestConfig ingest() {
    return new IngestConfig(
        required(IngestKeys.HOST),
        required(IngestKeys.PORT),
        required(IngestKeys.BACKLOG),
        Math.toIntExact(required(IngestKeys.MAX_BODY_BYTES)),
        required(IngestKeys.MAX_INFLIGHT_BYTES),
        required(IngestKeys.BODY_TIMEOUT),
        required(IngestKeys.DEVICE_TAGS),
        required(IngestKeys.TEXT_FIELDS),
        required(IngestKeys.OLDEST_TS),
        required(IngestKeys.MAX_AHEAD),
        required(IngestKeys.BAD_TS),
        new IngestConfig.Otlp(
            required(IngestKeys.OTLP_PORT), required(IngestKeys.OTLP_DEVICE_ATTRIBUTES)));
  }

  /** Where datagrams are received; empty if they are not. */
  public Optional<UdpConfig> udp() {
    return required(UdpKeys.ENABLED)
        ? Optional.of(
            new UdpConfig(
                required(UdpKeys.HOST),
                required(UdpKeys.PORT),
                Math.toIntExact(required(UdpKeys.RECEIVE_BUFFER)),
                optional(UdpKeys.ALLOW).orElse(List.of())))
        : Optional.empty();
  }

  public MqttConfig mqtt() {
    return new MqttConfig(
        required(MqttKeys.ENABLED),
        required(MqttKeys.HOST),
        required(MqttKeys.PORT),
        required(MqttKeys.TOPICS),
        required(MqttKeys.MAX_CONNECTIONS),
        Math.toIntExact(required(MqttKeys.MAX_PACKET_BYTES)),
        required(MqttKeys.MAX_INFLIGHT));
  }

  public HttpConfig http() {
    Optional<Integer> connections = optional(HttpKeys.MAX_CONNECTIONS);
    return new HttpConfig(
        connections.isPresent() ? OptionalInt.of(connections.get()) : OptionalInt.empty(),
        required(HttpKeys.MAX_CONNECTIONS_PER_ADDRESS),
        required(HttpKeys.MIN_RATE));
  }

  /** Networks of the proxies that say for whom a connection is; empty for none. */
  public List<AddressRange> proxies() {
    return optional(ProxyKeys.FROM).orElse(List.of());
  }

  /** What each client may do. */
  public LimitsConfig limits() {
    return new LimitsConfig(
        required(LimitsKeys.READINGS_PER_SECOND),
        required(LimitsKeys.BYTES_PER_SECOND),
        required(LimitsKeys.CONCURRENT_REQUESTS),
        required(LimitsKeys.INFLIGHT_SHARE),
        required(LimitsKeys.READ_SHARE),
        required(LimitsKeys.UNKNOWN_PER_SECOND));
  }

  /** What encrypts both ports; empty if they speak plain text. */
  public Optional<TlsConfig> tls() {
    Optional<Path> key = optional(TlsKeys.KEY);
    if (key.isEmpty()) {
      return Optional.empty();
    }
    return optional(TlsKeys.CERT)
        .map(certificate ->
            new TlsConfig(
                certificate,
                key.get(),
                optional(TlsKeys.CLIENT_CA),
                required(TlsKeys.CLIENT_AUTH),
                required(TlsKeys.MIN_VERSION),
                required(TlsKeys.RELOAD_INTERVAL)));
  }

  /** Which hosts and web pages are welcome. */
  public OriginConfig origins() {
    return new OriginConfig(
        optional(OriginKeys.ALLOWED_HOSTS).orElse(List.of()),
        optional(OriginKeys.ALLOWED_ORIGINS).orElse(List.of()));
  }

  public AdminConfig admin() {
    return new AdminConfig(required(AdminKeys.HOST), required(AdminKeys.PORT));
  }

  public AuditConfig audit() {
    return new AuditConfig(
        optional(AuditKeys.FILE).orElseGet(() -> dataDirectory().resolve("audit.ndjson")),
        required(AuditKeys.READS),
        required(AuditKeys.MAX_BYTES));
  }

  public AuthConfig auth() {
    return new AuthConfig(
        required(AuthKeys.MODE), optional(AuthKeys.TOKENS_FILE), required(AuthKeys.STALE_AFTER));
  }

  public JournalConfig.Kind journalKind() {
    return required(JournalKeys.KIND);
  }

  /** What an ack waits for. */
  public JournalConfig.Ack journalAck() {
    return optional(JournalKeys.ACK).orElse(journalKind().usualAck());
  }

  /** The journal in Kafka; only where {@link #journalKind} says so. */
  public KafkaConfig kafkaJournal() {
    return new KafkaConfig(
        required(KafkaKeys.SERVERS),
        required(KafkaKeys.TOPIC),
        required(KafkaKeys.PARTITIONS),
        required(KafkaKeys.REPLICATION),
        required(KafkaKeys.COMPRESSION),
        required(KafkaKeys.LINGER),
        Math.toIntExact(required(KafkaKeys.BATCH_BYTES)),
        optional(KafkaKeys.PROPERTIES_FILE),
        required(JournalKeys.MAX_BYTES));
  }

  /** The journal on this machine's disk. */
  public JournalConfig journal() {
    return new JournalConfig(
        dataDirectory().resolve("journal"),
        journalAck(),
        required(JournalKeys.SYNC_INTERVAL),
        required(JournalKeys.MAX_BYTES),
        required(JournalKeys.SEGMENT_BYTES));
  }

  /** The MySQL server at {@code mysql.url}; empty when that is not set. */
  public Optional<MysqlConfig> mysql() {
    return optional(MysqlKeys.URL)
        .map(url ->
            mysqlAt(
                MysqlTls.into(url, optional(MysqlKeys.TLS)),
                required(MysqlKeys.USER),
                required(MysqlKeys.PASSWORD)));
  }

  /** The other {@code mysql.*} settings, for a server at this address. */
  public MysqlConfig mysqlAt(String url, String user, String password) {
    return new MysqlConfig(
        url,
        user,
        password,
        optional(MysqlKeys.POOL_SIZE).orElseGet(MysqlConfig::poolSizeHere),
        required(MysqlKeys.BATCH_ROWS),
        required(MysqlKeys.LINGER));
  }

  /** {@code ingest.max-ahead}: how far ahead of the clock a reading may be. */
  public Duration maxAhead() {
    return required(IngestKeys.MAX_AHEAD);
  }

  /** {@code ingest.max-new-days}: most days without readings that may get some, per minute. */
  public int maxNewDays() {
    return required(IngestKeys.MAX_NEW_DAYS);
  }

  public QuestDbConfig questDb() {
    return new QuestDbConfig(
        required(QuestDbKeys.MODE),
        dataDirectory().resolve("questdb"),
        optional(QuestDbKeys.URL).orElse(""),
        required(QuestDbKeys.USER),
        required(QuestDbKeys.PASSWORD),
        optional(QuestDbKeys.CONSOLE_PORT).orElse(mode.consolePort()),
        optional(QuestDbKeys.PG_PORT).orElse(mode.pgPort()),
        optional(QuestDbKeys.CONSOLE_PASSWORD).filter(password -> !password.isBlank()),
        required(QuestDbKeys.BATCH_ROWS),
        required(QuestDbKeys.LINGER),
        required(QuestDbKeys.DURABLE_AFTER),
        optional(QuestDbKeys.MAX_READERS).stream().mapToInt(Integer::intValue).findFirst());
  }

  /** What {@code sluice doctor} compares the machine with. */
  public DoctorConfig doctor() {
    AuthConfig auth = auth();
    int otlpPort = required(IngestKeys.OTLP_PORT);
    return new DoctorConfig(
        new DoctorConfig.Doors(
            required(IngestKeys.HOST),
            required(IngestKeys.PORT),
            required(AdminKeys.HOST),
            required(AdminKeys.PORT),
            otlpPort == 0 || !node().ingests() ? OptionalInt.empty() : OptionalInt.of(otlpPort),
            required(MqttKeys.ENABLED) && node().ingests()
                ? Optional.of(
                    new DoctorConfig.Mqtt(required(MqttKeys.HOST), required(MqttKeys.PORT)))
                : Optional.empty(),
            auth.mode() == AuthConfig.Mode.NONE,
            auth.wantsTokens() ? auth.tokensFile() : Optional.empty(),
            tls()),
        required(IngestKeys.BACKLOG),
        http().maxConnections(),
        required(IngestKeys.MAX_INFLIGHT_BYTES),
        new DoctorConfig.Disk(
            dataDirectory(),
            journal().directory(),
            journalKind() == JournalConfig.Kind.LOCAL ? required(JournalKeys.MAX_BYTES) : 0,
            journalAck() == JournalConfig.Ack.FSYNC,
            required(JournalKeys.SYNC_INTERVAL),
            required(QuestDbKeys.MODE) == QuestDbConfig.Mode.EMBEDDED && node().delivers()
                ? OptionalLong.of(required(CutoverKeys.MIN_FREE_BYTES))
                : OptionalLong.empty()),
        udp()
            .filter(udp -> node().ingests())
            .map(udp ->
                new DoctorConfig.Udp(udp.host(), udp.receiveBufferBytes(), !udp.allow().isEmpty())),
        journalKind() == JournalConfig.Kind.LOCAL
            ? Optional.empty()
            : Optional.of(new DoctorConfig.Node(node().ingests(), node().delivers())));
  }

  public DeliveryConfig mysqlDelivery() {
    return delivery("mysql", required(MysqlKeys.LINGER));
  }

  public DeliveryConfig questDbDelivery() {
    return delivery("questdb", required(QuestDbKeys.LINGER));
  }

  private DeliveryConfig delivery(String sink, Duration linger) {
    return new DeliveryConfig(
        linger,
        MIN_BACKOFF,
        MAX_BACKOFF,
        deadLetters(sink),
        required(DeliveryKeys.MAX_DEAD_LETTER_BYTES));
  }

  private Path deadLetters(String sink) {
    return dataDirectory().resolve("dead-letters").resolve(sink + ".ndjson");
  }

  /** Where each store's dead letters are listed, whether the store is written or not. */
  public Map<String, Path> deadLetterFiles() {
    return Map.of("mysql", deadLetters("mysql"), "questdb", deadLetters("questdb"));
  }

  public CutoverConfig cutover() {
    return new CutoverConfig(
        dataDirectory().resolve("cutover"),
        dataDirectory(),
        required(CutoverKeys.MAX_LAG),
        required(CutoverKeys.TIMEOUT),
        required(CutoverKeys.REPORT_MAX_AGE),
        required(CutoverKeys.MAX_DIRTY_AGE),
        required(CutoverKeys.MIN_FREE_BYTES),
        journalAck() != JournalConfig.Ack.OS,
        "sensor_data");
  }

  /** Share of reads that are also run against the other store, 0..1. */
  public double shadowReads() {
    return required(QueryKeys.SHADOW_READS);
  }

  public BackfillConfig backfill() {
    return new BackfillConfig(
        dataDirectory().resolve("backfill"),
        required(BackfillKeys.CHUNK_ROWS),
        required(BackfillKeys.ROWS_PER_SECOND),
        required(BackfillKeys.MAX_INGEST_LATENCY),
        required(BackfillKeys.MAX_LAG),
        required(BackfillKeys.MAX_MYSQL_THREADS),
        Map.of(
            RowClass.INCOMPLETE, required(BackfillKeys.INCOMPLETE),
            RowClass.BEFORE_1970, required(BackfillKeys.BEFORE_1970),
            RowClass.INVALID_NAME, required(BackfillKeys.INVALID_NAME),
            RowClass.SIMILAR_DEVICES, required(BackfillKeys.SIMILAR_DEVICES),
            RowClass.DUPLICATE, required(BackfillKeys.DUPLICATE),
            RowClass.FAR_FUTURE, required(BackfillKeys.FAR_FUTURE)));
  }

  public VerifyConfig verify() {
    return new VerifyConfig(
        dataDirectory().resolve("verify"),
        required(VerifyKeys.MAX_MISMATCH_BYTES),
        required(VerifyKeys.SETTLE_TIMEOUT),
        required(CutoverKeys.MAX_DIRTY_AGE));
  }

  public FleetConfig fleet() {
    return new FleetConfig(
        required(FleetKeys.ENABLED),
        dataDirectory().resolve("fleet"),
        required(FleetKeys.MAX_DEVICES),
        required(FleetKeys.MIN_SILENCE),
        required(FleetKeys.TOGETHER_SHARE),
        required(FleetKeys.RETIRE_AFTER));
  }

  <T> T required(Key<T> key) {
    return optional(key)
        .orElseThrow(() -> new AssertionError(key.name() + " has neither a value nor a default"));
  }

  <T> Optional<T> optional(Key<T> key) {
    return text(key).flatMap(key::parse);
  }

  Optional<String> text(Key<?> key) {
    if (Keys.table().named(key.name()).isEmpty()) {
      throw new AssertionError(key.name() + " is declared but in no list, so it cannot be set");
    }
    return Optional.ofNullable(assigned.get(key.name())).map(Assignment::text).or(key::fallback);
  }

  /** Where the key's value comes from. */
  String source(Key<?> key) {
    return Optional.ofNullable(assigned.get(key.name()))
        .map(Assignment::source)
        .orElse("the default");
  }
}
