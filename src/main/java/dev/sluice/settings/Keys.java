package dev.sluice.settings;

import dev.sluice.admin.AdminKeys;
import dev.sluice.audit.AuditKeys;
import dev.sluice.cluster.NodeKeys;
import dev.sluice.config.Key;
import dev.sluice.config.KeyTable;
import dev.sluice.config.ValueType;
import dev.sluice.delivery.DeliveryKeys;
import dev.sluice.fleet.FleetKeys;
import dev.sluice.http.auth.AuthKeys;
import dev.sluice.http.connection.HttpKeys;
import dev.sluice.http.limit.LimitsKeys;
import dev.sluice.http.origin.OriginKeys;
import dev.sluice.http.proxy.ProxyKeys;
import dev.sluice.http.tls.TlsKeys;
import dev.sluice.ingest.IngestKeys;
import dev.sluice.ingest.mqtt.MqttKeys;
import dev.sluice.ingest.udp.UdpKeys;
import dev.sluice.journal.JournalKeys;
import dev.sluice.journal.kafka.KafkaKeys;
import dev.sluice.migration.backfill.BackfillKeys;
import dev.sluice.migration.cutover.CutoverKeys;
import dev.sluice.migration.verify.VerifyKeys;
import dev.sluice.query.QueryKeys;
import dev.sluice.store.mysql.MysqlKeys;
import dev.sluice.store.questdb.QuestDbKeys;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The keys of all components, in the order in which the reference lists them. */
public final class Keys {
  static final Key<Path> DATA_DIR =
      Key.of("data.dir", "./data", ValueType.path(), "Folder of the journal and embedded stores.");

  static final Key<Duration> SHUTDOWN_TIMEOUT =
      Key.of(
          "shutdown.timeout",
          "30s",
          ValueType.duration("1s", "1h"),
          "How long a stop waits for requests and deliveries; it ends at most 10 s later.");

  private static final KeyTable TABLE =
      new KeyTable(
          Stream.of(
                  List.<Key<?>>of(DATA_DIR),
                  NodeKeys.ALL,
                  IngestKeys.ALL,
                  UdpKeys.ALL,
                  MqttKeys.ALL,
                  AdminKeys.ALL,
                  HttpKeys.ALL,
                  ProxyKeys.ALL,
                  OriginKeys.ALL,
                  TlsKeys.ALL,
                  AuthKeys.ALL,
                  LimitsKeys.ALL,
                  AuditKeys.ALL,
                  JournalKeys.ALL,
                  KafkaKeys.ALL,
                  MysqlKeys.ALL,
                  QuestDbKeys.ALL,
                  CutoverKeys.ALL,
                  QueryKeys.ALL,
                  BackfillKeys.ALL,
                  VerifyKeys.ALL,
                  FleetKeys.ALL,
                  DeliveryKeys.ALL,
                  List.<Key<?>>of(SHUTDOWN_TIMEOUT))
              .flatMap(List::stream)
              .toList());

  private Keys() {}

  static KeyTable table() {
    return TABLE;
  }

  /** The reference of all settings, as {@code --help} prints it. */
  public static String reference() {
    return TABLE.keys().stream().map(Keys::entry).collect(Collectors.joining());
  }

  private static String entry(Key<?> key) {
    String fallback = key.fallback().filter(text -> !text.isEmpty()).orElse("(none)");
    return "  %-26s %s%n      %s%n      Allowed: %s.%n"
        .formatted(key.name(), fallback, key.description(), key.type().allowed());
  }
}
