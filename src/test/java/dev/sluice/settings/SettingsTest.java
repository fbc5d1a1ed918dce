package dev.sluice.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.admin.AdminConfig;
import dev.sluice.cluster.NodeConfig;
import dev.sluice.cluster.NodeRole;
import dev.sluice.config.Assignment;
import dev.sluice.config.Key;
import dev.sluice.config.SettingsException;
import dev.sluice.config.Sources;
import dev.sluice.config.ValueType;
import dev.sluice.config.YamlFile;
import dev.sluice.doctor.DoctorConfig;
import dev.sluice.http.auth.AuthConfig;
import dev.sluice.http.tls.TlsConfig;
import dev.sluice.ingest.IngestConfig;
import dev.sluice.journal.JournalConfig;
import dev.sluice.journal.kafka.KafkaConfig;
import dev.sluice.migration.phase.Phase;
import dev.sluice.store.mysql.MysqlConfig;
import dev.sluice.store.questdb.QuestDbConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsTest {
  private static final String URL = "jdbc:mysql://db/sensors";

  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void nameFile() {
    file = folder.resolve("sluice.yaml");
  }

  @Test
  void keepsTheJournalInKafkaWhenToldTo() throws Exception {
    Settings settings =
        load(
            Mode.UP,
            Map.of(
                "SLUICE_JOURNAL_KIND", "kafka", "SLUICE_JOURNAL_KAFKA_SERVERS", "a:9092, b:9092"));

    assertThat(settings.journalKind()).isEqualTo(JournalConfig.Kind.KAFKA);
    assertThat(settings.journalAck()).isEqualTo(JournalConfig.Ack.REPLICATED);
    assertThat(settings.kafkaJournal())
        .isEqualTo(
            new KafkaConfig(
                List.of("a:9092", "b:9092"),
                "sluice-readings",
                12,
                3,
                KafkaConfig.Compression.LZ4,
                Duration.ofMillis(2),
                256 << 10,
                Optional.empty(),
                16L << 30));
    assertThat(settings.doctor().disk().journalMaxBytes()).isZero();
  }

  @Test
  void tellsTheDoctorOfTheOtlpAndTheMqttPortOnlyIfTheyAreOpen() throws Exception {
    DoctorConfig.Doors usual = load(Mode.UP, Map.of()).doctor().doors();
    assertThat(usual.otlpPort()).isEmpty();
    assertThat(usual.mqtt()).isEmpty();

    DoctorConfig.Doors all =
        load(Mode.UP, Map.of("SLUICE_OTLP_PORT", "4318", "SLUICE_MQTT_ENABLED", "true"))
            .doctor()
            .doors();
    assertThat(all.otlpPort()).hasValue(4318);
    assertThat(all.mqtt()).contains(new DoctorConfig.Mqtt("127.0.0.1", 1883));
  }

  @Test
  void tellsTheDoctorOfANodeOnlyWhatItOpensAndKeeps() throws Exception {
    DoctorConfig alone = load(Mode.CLIENT, Map.of()).doctor();
    DoctorConfig ingest = doctorOf("ingest");
    DoctorConfig delivery = doctorOf("delivery");

    assertThat(alone.node()).isEmpty();
    assertThat(alone.disk().storesMinBytes()).isPresent();
    assertThat(ingest.node()).contains(new DoctorConfig.Node(true, false));
    assertThat(ingest.doors().otlpPort()).hasValue(4318);
    assertThat(ingest.doors().mqtt()).isPresent();
    assertThat(ingest.udp()).isPresent();
    assertThat(ingest.disk().storesMinBytes()).isEmpty();
    assertThat(delivery.node()).contains(new DoctorConfig.Node(false, true));
    assertThat(delivery.doors().otlpPort()).isEmpty();
    assertThat(delivery.doors().mqtt()).isEmpty();
    assertThat(delivery.udp()).isEmpty();
    assertThat(delivery.disk().storesMinBytes()).isPresent();
  }

  private DoctorConfig doctorOf(String role) throws Exception {
    return load(
            Mode.CLIENT,
            Map.of(
                "SLUICE_JOURNAL_KIND", "kafka",
                "SLUICE_JOURNAL_KAFKA_SERVERS", "a:9092",
                "SLUICE_NODE_ROLES", role,
                "SLUICE_OTLP_PORT", "4318",
                "SLUICE_MQTT_ENABLED", "true",
                "SLUICE_UDP_ENABLED", "true"))
        .doctor();
  }

  @Test
  void refusesAKafkaWithoutServersAndAnAckOfTheOtherKind() {
    assertThatThrownBy(() -> load(Mode.UP, Map.of("SLUICE_JOURNAL_KIND", "kafka")))
        .isInstanceOf(SettingsException.class)
        .hasMessageContaining("journal.kafka.servers is not set, but journal.kind is kafka");
    assertThatThrownBy(() ->
            load(
                Mode.UP,
                Map.of(
                    "SLUICE_JOURNAL_KIND", "kafka",
                    "SLUICE_JOURNAL_KAFKA_SERVERS", "a:9092",
                    "SLUICE_JOURNAL_ACK", "fsync")))
        .isInstanceOf(SettingsException.class)
        .hasMessageContaining("journal.ack is 'fsync'")
        .hasMessageContaining("replicated, as journal.kind is kafka");
    assertThatThrownBy(() -> load(Mode.UP, Map.of("SLUICE_JOURNAL_ACK", "replicated")))
        .isInstanceOf(SettingsException.class)
        .hasMessageContaining("journal.ack is 'replicated'")
        .hasMessageContaining("os or fsync, as journal.kind is local");
  }

  @Test
  void aNodeThatOnlyTakesInNeedsNoStores() throws Exception {
    Settings settings =
        load(
            Mode.SERVE,
            Map.of(
                "SLUICE_JOURNAL_KIND", "kafka",
                "SLUICE_JOURNAL_KAFKA_SERVERS", "a:9092",
                "SLUICE_QUESTDB_MODE", "remote",
                "SLUICE_NODE_ROLES", "Ingest",
                "SLUICE_NODE_ID", "box-7"));

    assertThat(settings.node())
        .isEqualTo(new NodeConfig(Optional.of("box-7"), Set.of(NodeRole.INGEST)));
    assertThat(settings.node().delivers()).isFalse();
  }

  @Test
  void leavesARoleToOthersOnlyWhereTheJournalIsShared() throws Exception {
    assertThat(load(Mode.UP, Map.of("SLUICE_NODE_ROLES", "delivery, ingest")).node().roles())
        .containsExactlyInAnyOrder(NodeRole.values());
    for (String role : List.of("ingest", "delivery")) {
      assertThatThrownBy(() -> load(Mode.UP, Map.of("SLUICE_NODE_ROLES", role)))
          .isInstanceOf(SettingsException.class)
          .hasMessageContaining("node.roles is '" + role + "'")
          .hasMessageContaining("ingest,delivery, as journal.kind is local");
    }
    for (String wrong : List.of("ingest,", "ingest,storage")) {
      assertThatThrownBy(() -> load(Mode.UP, Map.of("SLUICE_NODE_ROLES", wrong)))
          .isInstanceOf(SettingsException.class)
          .hasMessageContaining(
              "allowed: ingest|delivery, or several of them, separated by commas");
    }
    assertThatThrownBy(() -> load(Mode.UP, Map.of("SLUICE_NODE_ID", "box 7")))
        .isInstanceOf(SettingsException.class)
        .hasMessageContaining("node.id is 'box 7'; allowed: 1..64 of");
  }

  @Test
  void startsUpWithNothingSet() throws Exception {
    Settings settings = load(Mode.UP, Map.of());

    assertThat(settings.ingest().host()).isEqualTo("127.0.0.1");
    assertThat(settings.ingest().port()).isEqualTo(8080);
    assertThat(settings.ingest().maxBodyBytes()).isEqualTo(16 << 20);
    assertThat(settings.ingest().deviceTags())
        .containsExactly("device_id", "host", "hostname", "device", "entity_id");
    assertThat(settings.ingest().textFields()).isEqualTo(IngestConfig.TextFields.IGNORE);
    assertThat(settings.ingest().oldestTs()).isEqualTo("2000-01-01T00:00:00Z");
    assertThat(settings.ingest().maxAhead()).isEqualTo(Duration.ofDays(1));
    assertThat(settings.ingest().badTs()).isEqualTo(IngestConfig.BadTs.REFUSE);
    assertThat(settings.admin()).isEqualTo(new AdminConfig("127.0.0.1", 8081));
    assertThat(settings.auth())
        .isEqualTo(new AuthConfig(AuthConfig.Mode.AUTO, Optional.empty(), Duration.ofHours(24)));
    assertThat(settings.journal())
        .isEqualTo(
            new JournalConfig(
                Path.of("./data/journal"),
                JournalConfig.Ack.OS,
                Duration.ofMillis(50),
                16L << 30,
                128 << 20));
    assertThat(settings.mysql()).isEmpty();
    assertThat(settings.questDb().mode()).isEqualTo(QuestDbConfig.Mode.EMBEDDED);
    assertThat(settings.initialPhase()).isEqualTo(Phase.MIRROR);
    assertThat(settings.mysqlDelivery().deadLetterFile())
        .isEqualTo(Path.of("./data/dead-letters/mysql.ndjson"));
    assertThat(settings.questDbDelivery().linger()).isEqualTo(Duration.ofMillis(200));
  }

  @Test
  void letsFlagsWinOverEnvironmentOverFileOverDefaults() throws Exception {
    Files.writeString(file, "ingest: {port: 1, host: localhost}\nadmin.port: 2\nmysql.url: " + URL);

    Settings settings =
        load(
            Mode.SERVE,
            Map.of("SLUICE_INGEST_PORT", "3", "SLUICE_MYSQL_PASSWORD", "secret"),
            "ingest.port=4",
            "questdb.pg-port=0");

    assertThat(settings.ingest().host()).isEqualTo("localhost");
    assertThat(settings.ingest().port()).isEqualTo(4);
    assertThat(settings.admin().port()).isEqualTo(2);
    assertThat(settings.mysql().orElseThrow().password()).isEqualTo("secret");
    assertThat(settings.questDb().pgPort()).isZero();
    assertThat(settings.initialPhase()).isEqualTo(Phase.MYSQL);
  }

  @Test
  void readsTimesWithAnyOffsetAndRefusesOthersByName() throws Exception {
    Settings settings = load(Mode.UP, Map.of(), "ingest.oldest-ts=2010-01-01T02:00:00+02:00");

    assertThat(settings.ingest().oldestTs()).isEqualTo("2010-01-01T00:00:00Z");
    for (String bad : List.of("2010-01-01", "1969-12-31T23:59:59Z", "yesterday")) {
      assertThatThrownBy(() -> load(Mode.UP, Map.of(), "ingest.oldest-ts=" + bad))
          .hasMessageContaining("ingest.oldest-ts is '" + bad + "'")
          .hasMessageContaining("1970-01-01T00:00:00Z..9999-12-31T23:59:59Z");
    }
  }

  @Test
  void readsNestedKeysDottedKeysAndSequencesAlike() throws Exception {
    Files.writeString(
        file,
        """
        journal:
          max-bytes: 64GiB
          ack: fsync
        ingest.device-tags: [sensor, unit]
        questdb.linger: PT0.25S
        """);

    Settings settings = load(Mode.UP, Map.of());

    assertThat(settings.journal().maxBytes()).isEqualTo(64L << 30);
    assertThat(settings.journal().ack()).isEqualTo(JournalConfig.Ack.FSYNC);
    assertThat(settings.ingest().deviceTags()).containsExactly("sensor", "unit");
    assertThat(settings.questDb().linger()).isEqualTo(Duration.ofMillis(250));
  }

  @Test
  void refusesEverythingWrongAtOnceNamingSourceKeyValueAndWhatIsAllowed() throws IOException {
    Files.writeString(file, "ingest:\n  port: 65536\njournal:\n  max-byte: 1GiB\n");

    assertThatThrownBy(() ->
            load(
                Mode.UP,
                Map.of("SLUICE_JOURNAL_ACK", "maybe", "SLUICE_MYSQL_POOLSIZE", "3"),
                "mysql.linger=20",
                "auth.mode"))
        .isInstanceOf(SettingsException.class)
        .hasMessageStartingWith("6 settings refused")
        .hasMessageContaining(
            file + ":2: ingest.port is '65536'; allowed: 0..65535, 0 picks a free port")
        .hasMessageContaining(
            file + ":4: unknown key journal.max-byte; did you mean journal.max-bytes?")
        .hasMessageContaining(
            "environment variable SLUICE_JOURNAL_ACK: journal.ack is 'maybe'; allowed: os|fsync")
        .hasMessageContaining("did you mean SLUICE_MYSQL_POOL_SIZE?")
        .hasMessageContaining("--set: mysql.linger is '20'; allowed: a duration, 0ms..1m")
        .hasMessageContaining("--set auth.mode: expected key=value");
  }

  @Test
  void neverPrintsAPassword() throws IOException {
    Files.writeString(file, "mysql:\n  password: [hunter2]\n  pasword: hunter2\n");

    assertThatThrownBy(() ->
            load(
                Mode.UP,
                Map.of(),
                "mysql.url=mysql://root:hunter2@db/x?password=hunter2&a=b",
                "questdb.pasword=hunter2"))
        .hasMessageContaining("mysql.password is '(not shown)'")
        .hasMessageContaining("did you mean mysql.password?")
        .hasMessageContaining("mysql://***@db/x?password=***&a=b")
        .hasMessageNotContaining("hunter2");
  }

  @Test
  void doesNotQuoteALineThatIsNotYaml() throws IOException {
    Files.writeString(file, "mysql:\n  password: 'hunter2\n  user: x\n");

    assertThatThrownBy(() -> load(Mode.UP, Map.of()))
        .hasMessageContaining(file + ":")
        .hasMessageContaining("not YAML")
        .hasMessageNotContaining("hunter2");
  }

  @Test
  void refusesAKeySetTwiceInOneFileOrWithoutAValue() throws IOException {
    Files.writeString(file, "ingest:\n  port: 1\ningest.port: 2\nadmin.port:\nmysql:\n");

    assertThatThrownBy(() -> load(Mode.UP, Map.of()))
        .hasMessageStartingWith("2 settings refused")
        .hasMessageContaining(file + ":3: ingest.port is set twice")
        .hasMessageContaining(file + ":4: admin.port has no value");
  }

  @Test
  void refusesAFileThatIsNoMapOrContainsItself() throws IOException {
    Files.writeString(file, "- ingest\n");
    assertThatThrownBy(() -> load(Mode.UP, Map.of())).hasMessageContaining("expected keys");

    Files.writeString(file, "a: &x\n  b: *x\n");
    assertThatThrownBy(() -> load(Mode.UP, Map.of())).hasMessageContaining("expected keys");

    Files.write(file, new byte[] {'a', ':', ' ', (byte) 0xff});
    assertThatThrownBy(() -> load(Mode.UP, Map.of())).hasMessageContaining("UTF-8");
  }

  @Test
  void refusesANamedFileThatIsMissing() {
    Sources sources =
        new Sources(Optional.of(folder.resolve("other.yaml")), file, Map.of(), List.of());

    assertThatThrownBy(() -> Settings.load(Mode.UP, sources))
        .hasMessageContaining("other.yaml: there is no such file");
  }

  @Test
  void demandsTheStoresThatServeWrites() throws Exception {
    assertThatThrownBy(() -> load(Mode.SERVE, Map.of()))
        .hasMessageContaining("mysql.url is not set, but phase mysql writes MySQL");
    assertThatThrownBy(() -> load(Mode.UP, Map.of(), "questdb.mode=remote"))
        .hasMessageContaining("questdb.url is not set");

    assertThat(load(Mode.SERVE, Map.of(), "cutover.initial-phase=retired").mysql()).isEmpty();
    assertThat(load(Mode.CLIENT, Map.of()).mysql()).isEmpty();
  }

  @Test
  void refusesAPhaseThatOnlyACutoverReaches() {
    assertThatThrownBy(() -> load(Mode.UP, Map.of(), "cutover.initial-phase=questdb"))
        .hasMessageContaining("allowed: mysql|mirror|retired");
  }

  @Test
  void bindsOtherAddressesOnlyWithTokensOrInSoManyWords() throws Exception {
    assertThatThrownBy(() -> load(Mode.UP, Map.of(), "ingest.host=0.0.0.0"))
        .hasMessageContaining("--set: ingest.host is '0.0.0.0'; allowed: a loopback address; or");
    assertThatThrownBy(() -> load(Mode.UP, Map.of(), "admin.host=::"))
        .hasMessageContaining("admin.host is '::'");
    assertThatThrownBy(() -> load(Mode.UP, Map.of(), "auth.mode=tokens"))
        .hasMessageContaining("auth.mode is 'tokens'");

    assertThatThrownBy(() -> load(Mode.UP, Map.of(), "auth.mode=none", "auth.tokens-file=tokens"))
        .hasMessageContaining("auth.mode is 'none'; allowed: none only without auth.tokens-file");

    load(Mode.UP, Map.of(), "ingest.host=0.0.0.0", "auth.mode=none");
    load(Mode.UP, Map.of(), "ingest.host=0.0.0.0", "auth.tokens-file=tokens");
    load(Mode.UP, Map.of(), "ingest.host=::1", "admin.host=127.0.0.2");
  }

  @Test
  void takesDatagramsFromOtherMachinesOnlyIfTheirNetworksAreNamedOrInSoManyWords()
      throws Exception {
    assertThat(load(Mode.UP, Map.of()).udp()).isEmpty();
    assertThat(load(Mode.UP, Map.of(), "udp.host=0.0.0.0").udp()).isEmpty();
    for (String auth : List.of("auth.mode=auto", "auth.tokens-file=tokens")) {
      assertThatThrownBy(() -> load(Mode.UP, Map.of(), "udp.enabled=true", "udp.host=::", auth))
          .hasMessageContaining("udp.host is '::'; allowed: a loopback address; or set udp.allow");
    }
    assertThatThrownBy(() -> load(Mode.UP, Map.of(), "udp.enabled=true", "udp.host=no.invalid"))
        .hasMessageContaining("udp.host is 'no.invalid'; allowed: an address of this machine");
    assertThatThrownBy(() -> load(Mode.UP, Map.of(), "udp.allow=10.1.2.3/8"))
        .hasMessageContaining("udp.allow is '10.1.2.3/8'; allowed: blocks of addresses");

    var udp =
        load(
                Mode.UP,
                Map.of(),
                "udp.enabled=true",
                "udp.host=0.0.0.0",
                "udp.allow=10.0.0.0/8, 2001:db8::/32")
            .udp()
            .orElseThrow();
    assertThat(udp.allow()).hasSize(2);
    assertThat(udp.port()).isEqualTo(8089);
    assertThat(udp.receiveBufferBytes()).isEqualTo(4 << 20);
    load(Mode.UP, Map.of(), "udp.enabled=true", "udp.host=0.0.0.0", "auth.mode=none");
  }

  @Test
  void refusesAnOtlpPortThatIsTheIngestPort() throws Exception {
    assertThatThrownBy(() -> load(Mode.UP, Map.of(), "otlp.port=8080"))
        .hasMessageContaining("otlp.port is '8080'; allowed: another port than ingest.port");

    assertThat(load(Mode.UP, Map.of()).ingest().otlp().port()).isZero();
    assertThat(load(Mode.UP, Map.of(), "otlp.port=4318").ingest().otlp().port()).isEqualTo(4318);
    load(Mode.UP, Map.of(), "otlp.port=0", "ingest.port=0");
  }

  @Test
  void bindsMqttLikeTheOtherPortsOnceItIsEnabled() throws Exception {
    assertThatThrownBy(() -> load(Mode.UP, Map.of(), "mqtt.enabled=true", "mqtt.host=0.0.0.0"))
        .hasMessageContaining("mqtt.host is '0.0.0.0'; allowed: a loopback address; or");

    load(Mode.UP, Map.of(), "mqtt.enabled=true", "mqtt.host=0.0.0.0", "auth.tokens-file=tokens");
    assertThat(load(Mode.UP, Map.of(), "mqtt.host=0.0.0.0").mqtt().enabled()).isFalse();
  }

  @Test
  void refusesTopicsThatAreNoPatternsAndPacketsLargerThanARequest() throws Exception {
    assertThatThrownBy(() -> load(Mode.UP, Map.of(), "mqtt.topics=a/{device},a/#/b"))
        .hasMessageContaining(
            "mqtt.topics is 'a/{device},a/#/b'; allowed: patterns with # as their")
        .hasMessageContaining("found a/#/b");
    assertThatThrownBy(
            () -> load(Mode.UP, Map.of(), "mqtt.enabled=true", "ingest.max-body-bytes=64KiB"))
        .hasMessageContaining(
            "mqtt.max-packet-bytes is '256KiB'; allowed: at most ingest.max-body");

    load(Mode.UP, Map.of(), "ingest.max-body-bytes=64KiB");
    assertThat(
            load(Mode.UP, Map.of(), "mqtt.topics=a/{device},b/{device}/{metric}").mqtt().topics())
        .containsExactly("a/{device}", "b/{device}/{metric}");
  }

  @Test
  void encryptsBothPortsOnlyWithAllThatIsNeeded() throws Exception {
    assertThat(load(Mode.UP, Map.of()).tls()).isEmpty();
    assertThatThrownBy(() -> load(Mode.UP, Map.of(), "tls.cert=a.pem"))
        .hasMessageContaining("tls.key is not set, but tls.cert is");
    assertThatThrownBy(() -> load(Mode.UP, Map.of(), "tls.key=a.key"))
        .hasMessageContaining("tls.cert is not set, but tls.key is");
    assertThatThrownBy(() -> load(Mode.UP, Map.of(), "tls.client-ca=ca.pem"))
        .hasMessageContaining("tls.cert is not set, but tls.client-ca is");
    assertThatThrownBy(() ->
            load(Mode.UP, Map.of(), "tls.cert=a.pem", "tls.key=a.key", "tls.client-auth=required"))
        .hasMessageContaining("tls.client-auth is 'required'; allowed: none, or set tls.client-ca");
    assertThatThrownBy(() -> load(Mode.UP, Map.of(), "tls.min-version=1.1"))
        .hasMessageContaining("tls.min-version is '1.1'; allowed: 1.2|1.3");

    TlsConfig tls =
        load(Mode.UP, Map.of(), "tls.cert=a.pem", "tls.key=a.key", "tls.client-ca=ca.pem")
            .tls()
            .orElseThrow();
    assertThat(tls)
        .isEqualTo(
            new TlsConfig(
                Path.of("a.pem"),
                Path.of("a.key"),
                Optional.of(Path.of("ca.pem")),
                TlsConfig.ClientAuth.NONE,
                TlsConfig.Version.TLS_1_2,
                Duration.ofSeconds(10)));
    assertThat(tls.adminClientAuth()).isEqualTo(TlsConfig.ClientAuth.REQUIRED);
  }

  @Test
  void doesNotRepeatWhatMayBeAPassword() {
    assertThatThrownBy(() -> load(Mode.UP, Map.of(), "mysql.password:hunter2"))
        .hasMessageContaining("--set mysql.password…: expected key=value")
        .hasMessageNotContaining("hunter2");
  }

  @Test
  void refusesSizesThatContradictEachOther() {
    assertThatThrownBy(
            () -> load(Mode.UP, Map.of(), "journal.max-bytes=100MiB", "ingest.max-body-bytes=1GiB"))
        .hasMessageContaining("journal.max-bytes is '100MiB'; allowed: at least two")
        .hasMessageContaining("the default: ingest.max-inflight-bytes is '128MiB'");
  }

  @Test
  void ignoresVariablesOfOtherPurposes() throws Exception {
    Settings settings =
        load(
            Mode.UP,
            Map.of(
                "SLUICE_TEST_MYSQL_URL", "x",
                "SLUICE_HOME", "/opt/sluice",
                "SLUICE_INGEST_PORT", "",
                "SLUICE_SERVICE_HOST", "10.0.0.1",
                "SLUICE_PORT", "tcp://10.0.0.1:8080",
                "SLUICE_PORT_8080_TCP_ADDR", "10.0.0.1",
                "PATH", "/bin"));

    assertThat(settings.ingest().port()).isEqualTo(8080);
    assertThatThrownBy(() -> load(Mode.UP, Map.of("SLUICE_PORT", "8080")))
        .hasMessageContaining("unknown key SLUICE_PORT");
  }

  @Test
  void shipsAnExampleThatNamesEveryKeyWithItsDefault() throws Exception {
    String example = Files.readString(Path.of("docs/sluice.example.yaml"));
    Path everything = folder.resolve("everything.yaml");
    Files.writeString(everything, example.replaceAll("(?m)^( +)# ([a-z-]+:)", "$1$2"));

    List<String> problems = new java.util.ArrayList<>();
    List<Assignment> assignments = YamlFile.read(everything, Keys.table(), problems);

    assertThat(problems).isEmpty();
    assertThat(assignments.stream().map(Assignment::key))
        .containsExactlyElementsOf(Keys.table().keys().stream().map(Key::name).toList());
    for (Assignment assignment : assignments) {
      Key<?> key = Keys.table().named(assignment.key()).orElseThrow();
      assertThat(key.parse(assignment.text())).as(key.name()).isPresent();
      key.fallback().ifPresent(text -> assertThat(assignment.text()).isEqualTo(text));
      assertThat(Keys.reference()).contains("  " + key.name() + " ", key.description());
    }
    assertThat(load(Mode.UP, Map.of(), "ingest.port=1").ingest().port()).isEqualTo(1);
  }

  @Test
  void readsNoKeyThatCannotBeSet() throws Exception {
    Settings settings = load(Mode.UP, Map.of(), "mysql.url=" + URL);

    assertThat(settings.mysql()).isPresent();
    assertThat(
            Stream.of(
                settings.dataDirectory(),
                settings.shutdownTimeout(),
                settings.initialPhase(),
                settings.ingest(),
                settings.maxAhead(),
                settings.maxNewDays(),
                settings.http(),
                settings.tls(),
                settings.admin(),
                settings.auth(),
                settings.journal(),
                settings.questDb(),
                settings.mysqlDelivery(),
                settings.questDbDelivery(),
                settings.cutover(),
                settings.shadowReads(),
                settings.backfill(),
                settings.verify()))
        .doesNotContainNull();
    Key<String> unlisted = Key.of("mysql.urll", "x", ValueType.text(), "");
    assertThatThrownBy(() -> settings.required(unlisted))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("mysql.urll is declared but in no list");
  }

  @Test
  void allowsWhatTheRecordsAllow() throws Exception {
    Settings most =
        load(
            Mode.UP,
            Map.of(),
            "mysql.url=" + URL,
            "mysql.pool-size=64",
            "mysql.batch-rows=20000",
            "journal.segment-bytes=1GiB",
            "journal.max-bytes=2GiB",
            "ingest.max-body-bytes=1GiB",
            "ingest.max-inflight-bytes=4GiB");

    assertThat(most.mysql().orElseThrow().batchRows()).isEqualTo(MysqlConfig.MAX_BATCH_ROWS);
    assertThat(most.journal().segmentBytes()).isEqualTo(JournalConfig.MAX_SEGMENT_BYTES);
    assertThat(most.ingest().maxInflightBytes()).isEqualTo(4L << 30);
    assertThatThrownBy(() -> load(Mode.UP, Map.of(), "mysql.batch-rows=20001"))
        .hasMessageContaining("mysql.batch-rows is '20001'; allowed: 1..20000");
    assertThatThrownBy(() -> new MysqlConfig(URL, "", "", 64, 20_001, Duration.ZERO))
        .hasMessageContaining("mysql.batch-rows is 20001, allowed are 1..20000");
  }

  @Test
  void givesEveryKeyADefaultThatItAllows() {
    for (Key<?> key : Keys.table().keys()) {
      key.fallback().ifPresent(text -> assertThat(key.parse(text)).as(key.name()).isPresent());
    }
  }

  private Settings load(Mode mode, Map<String, String> environment, String... flags)
      throws SettingsException {
    return Settings.load(mode, new Sources(Optional.empty(), file, environment, List.of(flags)));
  }
}
