package dev.sluice.settings;

import dev.sluice.admin.AdminKeys;
import dev.sluice.cluster.NodeKeys;
import dev.sluice.config.Check;
import dev.sluice.config.Key;
import dev.sluice.http.auth.AuthConfig;
import dev.sluice.http.auth.AuthKeys;
import dev.sluice.http.tls.TlsKeys;
import dev.sluice.ingest.IngestKeys;
import dev.sluice.ingest.mqtt.MqttKeys;
import dev.sluice.ingest.udp.UdpConfig;
import dev.sluice.ingest.udp.UdpKeys;
import dev.sluice.journal.JournalKeys;
import dev.sluice.journal.kafka.KafkaKeys;
import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.phase.Role;
import dev.sluice.store.mysql.MysqlKeys;
import dev.sluice.store.questdb.QuestDbKeys;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;

/** Has each component check its settings, and checks what spans two components. */
final class Rules implements Check {
  private final Settings settings;
  private final List<String> problems;

  private Rules(Settings settings, List<String> problems) {
    this.settings = settings;
    this.problems = problems;
  }

  static void check(Settings settings, Mode mode, List<String> problems) {
    Rules rules = new Rules(settings, problems);
    JournalKeys.check(rules);
    NodeKeys.check(rules);
    KafkaKeys.check(rules);
    IngestKeys.check(rules);
    MqttKeys.check(rules, settings.required(IngestKeys.MAX_BODY_BYTES));
    MysqlKeys.check(rules);
    if (mode != Mode.CLIENT) {
      AuthKeys.check(rules);
      TlsKeys.check(rules);
      rules.checkExposure();
      if (settings.node().delivers()) {
        rules.checkLegacyStore(mode);
        QuestDbKeys.check(rules);
      }
    }
  }

  /** Other machines may reach Sluice only with tokens, or if auth.mode explicitly says so. */
  private void checkExposure() {
    AuthConfig auth = settings.auth();
    // Without the tokens file that it demands, auth.mode is refused already.
    boolean loopbackOnly = auth.loopbackOnly() && !auth.lacksTokensFile();
    checkHost(IngestKeys.HOST, loopbackOnly);
    checkHost(AdminKeys.HOST, loopbackOnly);
    if (required(MqttKeys.ENABLED)) {
      checkHost(MqttKeys.HOST, loopbackOnly);
    }
    settings.udp().ifPresent(udp -> checkUdp(auth, udp));
  }

  /** No token protects this port: a datagram carries none. */
  private void checkUdp(AuthConfig auth, UdpConfig udp) {
    checkHost(
        UdpKeys.HOST,
        auth.mode() != AuthConfig.Mode.NONE && udp.allow().isEmpty(),
        "a loopback address; or set udp.allow to the networks that may send, or auth.mode=none to"
            + " allow everyone: datagrams carry no token");
  }

  private void checkHost(Key<String> key, boolean loopbackOnly) {
    checkHost(
        key,
        loopbackOnly,
        "a loopback address; or set auth.tokens-file, or auth.mode=none to allow everyone");
  }

  private void checkHost(Key<String> key, boolean loopbackOnly, String allowed) {
    try {
      boolean loopback = InetAddress.getByName(required(key)).isLoopbackAddress();
      if (loopbackOnly && !loopback) {
        refuse(key, allowed);
      }
    } catch (UnknownHostException e) {
      refuse(key, "an address of this machine, or a name that resolves to one");
    }
  }

  private void checkLegacyStore(Mode mode) {
    Phase phase = settings.initialPhase();
    if (mode == Mode.SERVE && phase.writes(Role.LEGACY) && settings.mysql().isEmpty()) {
      demand(MysqlKeys.URL, "phase " + phase.label() + " writes MySQL");
    }
  }

  @Override
  public <T> T required(Key<T> key) {
    return settings.required(key);
  }

  @Override
  public <T> Optional<T> optional(Key<T> key) {
    return settings.optional(key);
  }

  @Override
  public void refuse(Key<?> key, String allowed) {
    problems.add(
        "%s: %s is '%s'; allowed: %s"
            .formatted(settings.source(key), key.name(), settings.text(key).orElse(""), allowed));
  }

  @Override
  public void demand(Key<?> key, String reason) {
    problems.add(
        "%s is not set, but %s; allowed: %s".formatted(key.name(), reason, key.type().allowed()));
  }
}
