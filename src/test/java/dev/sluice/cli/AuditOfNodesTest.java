package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.audit.Actor;
import dev.sluice.audit.AuditConfig;
import dev.sluice.audit.AuditLog;
import dev.sluice.cluster.NodeConfig;
import dev.sluice.cluster.NodeHome;
import dev.sluice.cluster.NodeRole;
import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.phase.PhaseForm;
import dev.sluice.migration.phase.PhaseRecord;
import dev.sluice.testing.TestKafka;
import dev.sluice.testing.TestPorts;
import jakarta.json.Json;
import jakarta.json.JsonValue;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nodes share the phase, in a topic, and each has an audit file of its own. */
class AuditOfNodesTest {
  private static final Instant NOW = Instant.parse("2026-11-26T16:00:00Z");
  private static final AtomicInteger NUMBER = new AtomicInteger();

  @TempDir Path folder;

  private final CommandRun command = new CommandRun(1);
  private final String servers = TestKafka.shared().servers();
  private final String topic =
      "audit-" + ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet();

  @BeforeEach
  void twoNodes() throws Exception {
    node("a");
    node("b");
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
      admin.createTopics(List.of(new NewTopic(topic + "-control", 1, (short) 1))).all().get();
    }
  }

  @Test
  void findsTheChangeInTheFileOfTheNodeThatLed() throws Exception {
    change("b", "mysql");
    keep(Phase.QUESTDB, change("a", "questdb"), "a");

    assertThat(verify("a")).isZero();
    assertThat(command.out()).contains("phase questdb of epoch 2 was set by the recorded change ");
    assertThat(verify("b")).isZero();
    assertThat(command.out())
        .contains(
            "every line fits",
            "phase questdb of epoch 2 was set on node a, whose audit file has the line ",
            ": run sluice audit verify there");
  }

  @Test
  void findsAPhaseThatNoChangeOfItsNodeSet() throws Exception {
    String hash = change("a", "questdb");
    keep(Phase.RETIRED, hash, "a");
    assertThat(verify("a")).isEqualTo(1);
    assertThat(command.out()).contains("BROKEN: phase retired of epoch 2 names a line");

    keep(Phase.QUESTDB, hash, "a");
    Files.delete(data("a").resolve("audit.ndjson"));
    change("a", "mysql");
    assertThat(verify("a")).isEqualTo(1);
    assertThat(command.out()).contains("BROKEN: phase questdb of epoch 2 names a line that is not");

    keep(Phase.QUESTDB, "", "");
    assertThat(verify("a")).isEqualTo(1);
    assertThat(command.out())
        .contains("names no line: the topic " + topic + "-control was not written by a recorded");
  }

  /** As a version wrote it that named no node, or one Sluice before it shared its journal. */
  @Test
  void doesNotKnowWhoseARecordIsThatNamesNoNode() throws Exception {
    change("b", "mysql");
    keep(Phase.QUESTDB, change("a", "questdb"), "");

    assertThat(verify("a")).isZero();
    assertThat(command.out()).contains("was set by the recorded change");
    assertThat(verify("b")).isZero();
    assertThat(command.out()).contains("was set on the node that led then");
  }

  @Test
  void checksTheFileThoughTheClusterIsAway() throws Exception {
    change("a", "questdb");

    assertThat(verify("a", "127.0.0.1:" + TestPorts.free())).isEqualTo(1);
    assertThat(command.out())
        .contains("every line fits", "the phase in force cannot be read: ", "does not answer");
  }

  private void node(String id) throws Exception {
    NodeConfig config = new NodeConfig(Optional.of(id), EnumSet.allOf(NodeRole.class));
    NodeHome.open(Files.createDirectories(data(id)), config).close();
  }

  private Path data(String id) {
    return folder.resolve(id);
  }

  private int verify(String id) {
    return verify(id, servers);
  }

  private int verify(String id, String from) {
    return command.run(
        "audit",
        "verify",
        "--set",
        "data.dir=" + data(id),
        "--set",
        "node.id=" + id,
        "--set",
        "journal.kind=kafka",
        "--set",
        "journal.kafka.servers=" + from,
        "--set",
        "journal.kafka.topic=" + topic);
  }

  private String change(String id, String to) throws Exception {
    AuditConfig config = new AuditConfig(data(id).resolve("audit.ndjson"), false, 1 << 20);
    try (AuditLog log = new AuditLog(config, InstantSource.fixed(NOW))) {
      AuditLog.Change change =
          log.before(
              new Actor("token", "ops", "127.0.0.1"),
              "POST",
              "/v1/cutover",
              Json.createObjectBuilder().add("to", to).add("report", "r1").build());
      change.ended(200, JsonValue.EMPTY_JSON_OBJECT);
      return change.hash();
    }
  }

  private void keep(Phase phase, String audit, String node) throws Exception {
    PhaseRecord record = new PhaseRecord(phase, 2, "ann", NOW, "because", "r1", audit, node);
    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", servers), new StringSerializer(), new StringSerializer())) {
      String json = new PhaseForm().json(record).toString();
      producer.send(new ProducerRecord<>(topic + "-control", 0, "phase", json)).get();
    }
  }
}
