package dev.sluice.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.journal.kafka.KafkaConfig;
import dev.sluice.journal.kafka.TopicFinding;
import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.phase.PhaseRecord;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class ControlTopicTest {
  private static final String MIRROR =
      "{\"phase\":\"mirror\",\"epoch\":7,\"by\":\"ann\",\"at\":\"2026-11-21T22:00:00Z\",\"reason\":\"x\"}";
  private static final String QUESTDB = MIRROR.replace("mirror", "questdb").replace("7", "8");

  private final Nodes nodes = new Nodes();

  @AfterEach
  void close() throws Exception {
    nodes.close();
  }

  @Test
  void nodesKnowOfEachOther() throws Exception {
    ControlTopic a = nodes.control("a");
    ControlTopic b = nodes.control("b");

    await().untilAsserted(() -> assertThat(ids(a)).containsExactly("a", "b"));
    SeenNode seen = b.nodes().getFirst();
    assertThat(seen.record().info()).isEqualTo(Nodes.info("a"));
    assertThat(seen.alive()).isTrue();

    NodeInfo moved =
        new NodeInfo(
            "a", "home-a", "http://x:1", "http://x:2", List.of(), true, "2", a.self().started());
    a.describe(moved);
    await().until(() -> b.nodes().getFirst().record().info().equals(moved));
  }

  @Test
  void aNodeThatStopsIsListedNoMore() throws Exception {
    ControlTopic a = nodes.control("a");
    ControlTopic b = nodes.control("b");
    await().until(() -> ids(a).contains("b"));

    b.close();

    await().untilAsserted(() -> assertThat(ids(a)).containsExactly("a"));
    assertThat(nodes.written("node/b")).endsWith("null");
  }

  @Test
  void aNodeThatIsSilentIsListedAsDead() throws Exception {
    ControlTopic a = nodes.control("a");
    nodes.proxied("b");
    await().until(() -> ids(a).contains("b"));

    nodes.kafka.proxy().stall();

    await()
        .untilAsserted(() ->
            assertThat(a.nodes())
                .anyMatch(node -> node.record().info().id().equals("b") && !node.alive()));
    assertThat(a.nodes()).anyMatch(node -> node.record().info().id().equals("a") && node.alive());
  }

  @Test
  void aNodeThatMayLeadEndsWhatADeadLeaderLeftOpen() throws Exception {
    leaveATransactionOpen();

    ControlTopic b = nodes.control("b");

    assertThat(ids(b)).containsExactly("b");
    assertThat(nodes.written("settled")).hasSize(1);
  }

  @Test
  @Tag("long")
  void aNodeThatMayNotLeadSaysWhoIsMissing() throws Exception {
    leaveATransactionOpen();
    NodeInfo b = Nodes.info("b");
    NodeInfo ingest =
        new NodeInfo(
            "b", b.home(), "", "", List.of(NodeRole.INGEST.label()), false, "1", b.started());

    assertThatThrownBy(() -> nodes.control(nodes.direct, ingest))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("could not be read to its end within 15 s")
        .hasMessageContaining("that a node with the role delivery starts");
  }

  private void leaveATransactionOpen() throws Exception {
    nodes.control("a").close();
    KafkaProducer<byte[], byte[]> dead = nodes.rival();
    dead.initTransactions();
    dead.beginTransaction();
    dead.send(new ProducerRecord<>(nodes.topic(), 0, "hold".getBytes(UTF_8), null)).get();
  }

  @Test
  void refusesATopicThatDoesNotFitAndNamesEachMismatch() throws Exception {
    try (Admin admin = nodes.admin()) {
      admin
          .createTopics(
              List.of(
                  new NewTopic(nodes.topic(), 2, (short) 1)
                      .configs(
                          Map.of(
                              "cleanup.policy",
                              "delete",
                              "unclean.leader.election.enable",
                              "true",
                              "min.insync.replicas",
                              "2"))))
          .all()
          .get();
    }

    assertThatThrownBy(() -> nodes.control("a"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(nodes.topic())
        .hasMessageContaining("partitions is 2, needed is 1")
        .hasMessageContaining("cleanup.policy is delete, needed is compact: kafka-configs.sh")
        .hasMessageContaining("unclean.leader.election.enable is true, needed is false")
        .hasMessageContaining("min.insync.replicas is 2, needed is 1..1");
  }

  @Test
  void refusesATopicWithTooFewCopies() throws Exception {
    nodes.control("a").close();
    try (Admin admin = nodes.admin()) {
      KafkaConfig two =
          new KafkaConfig(
              nodes.direct.servers(),
              nodes.direct.topic(),
              1,
              2,
              nodes.direct.compression(),
              nodes.direct.linger(),
              nodes.direct.batchBytes(),
              nodes.direct.propertiesFile(),
              nodes.direct.maxBytes());

      assertThatThrownBy(() -> new CompactedTopic(CompactedTopic.Use.CONTROL, two, admin).ensure())
          .hasMessageContaining("replication is 1, needed is at least 2");
      assertThat(ClusterCheckup.control(two))
          .filteredOn(finding -> !finding.fine())
          .extracting(TopicFinding::name)
          .contains("replication", "in-sync replicas");
    }
  }

  @Test
  void tellsTheDoctorWhatTheTopicIsLikeAndMakesNone() throws Exception {
    assertThat(ClusterCheckup.control(nodes.direct))
        .singleElement()
        .satisfies(finding -> assertThat(finding.seen()).contains("is not there yet"));
    nodes.control("a").close();
    assertThat(ClusterCheckup.control(nodes.direct))
        .allMatch(TopicFinding::fine)
        .extracting(TopicFinding::name)
        .contains("cleanup.policy", "replication", "min.insync.replicas");

    try (Admin admin = nodes.admin()) {
      ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, nodes.topic());
      AlterConfigOp delete =
          new AlterConfigOp(new ConfigEntry("cleanup.policy", "delete"), AlterConfigOp.OpType.SET);
      admin.incrementalAlterConfigs(Map.of(topic, List.of(delete))).all().get();
    }

    await()
        .untilAsserted(() ->
            assertThat(ClusterCheckup.control(nodes.direct))
                .filteredOn(finding -> !finding.fine())
                .singleElement()
                .satisfies(finding -> {
                  assertThat(finding.seen()).isEqualTo("delete");
                  assertThat(finding.mend())
                      .contains("kafka-configs.sh", nodes.topic(), "cleanup.policy=compact");
                }));
  }

  @Test
  void knowsNoPhaseBeforeThereIsOne() throws Exception {
    ControlTopic a = nodes.control("a");

    assertThat(a.phase()).isEmpty();
    assertThat(a.knowsPhase()).isFalse();
    assertThat(a.ignorance()).contains("no node has set it yet");
  }

  @Test
  void tellsEachListenerWhatIsKnownAndWhatComes() throws Exception {
    ControlTopic a = nodes.control("a");
    nodes.write("phase", MIRROR);
    await().until(a::knowsPhase);
    nodes.write("hold", "{\"epoch\":8,\"node\":\"b\",\"until\":\"2026-11-27T04:00:00Z\"}");
    await().until(() -> a.hold().isPresent());
    List<String> told = new CopyOnWriteArrayList<>();

    a.follow(
        new ControlListener() {
          @Override
          public void phase(PhaseRecord phase) {
            told.add(phase.name());
          }

          @Override
          public void held(HoldRecord hold) {
            told.add("held for " + hold.epoch());
          }

          @Override
          public void released() {
            told.add("released");
          }
        });
    nodes.write("phase", QUESTDB);
    nodes.write("hold", null);

    await()
        .untilAsserted(() ->
            assertThat(told)
                .containsExactly(
                    "mirror of epoch 7", "held for 8", "questdb of epoch 8", "released"));
    assertThat(a.hold()).isEmpty();
  }

  @Test
  void aNodeThatIsCutOffKnowsNoPhaseUntilItHasCaughtUp() throws Exception {
    nodes.control("a");
    ControlTopic b = nodes.proxied("b");
    nodes.write("phase", MIRROR);
    await().until(b::knowsPhase);

    nodes.kafka.proxy().stall();
    await().until(() -> !b.knowsPhase());
    assertThat(b.ignorance()).contains("it has heard nothing from the control topic for");
    nodes.write("phase", QUESTDB);
    nodes.kafka.proxy().resume();

    await().until(b::knowsPhase);
    assertThat(b.phase().orElseThrow().phase()).isEqualTo(Phase.QUESTDB);
  }

  @Test
  void aLostAnswerIsNoNews() throws Exception {
    ControlTopic b = nodes.proxied("b");
    nodes.write("phase", MIRROR);
    await().until(b::knowsPhase);

    nodes.kafka.proxy().loseReplies();

    await().until(() -> !b.knowsPhase());
  }

  @Test
  void doesNotGuessAPhaseItCannotUnderstand() throws Exception {
    ControlTopic a = nodes.control("a");
    nodes.write("phase", MIRROR);
    await().until(a::knowsPhase);

    nodes.write("phase", "{\"phase\":\"sideways\"}");
    await().until(() -> !a.knowsPhase());
    assertThat(a.ignorance()).contains("does not understand a record of the control topic");
    assertThatThrownBy(() -> ControlTopic.readPhase(nodes.direct))
        .hasMessageContaining("cannot be understood");

    nodes.write("phase", QUESTDB);
    await().until(a::knowsPhase);
  }

  @Test
  void passesOverNodesItCannotUnderstandAndKeysItDoesNotKnow() throws Exception {
    ControlTopic a = nodes.control("a");

    nodes.write("node/z", "{}");
    nodes.write("weather", "fine");
    nodes.write("phase", MIRROR);

    await().until(a::knowsPhase);
    assertThat(ids(a)).containsExactly("a");
  }

  @Test
  void readsThePhaseWithoutMakingATopic() throws Exception {
    assertThat(ControlTopic.readPhase(nodes.direct)).isEmpty();
    try (Admin admin = nodes.admin()) {
      assertThat(admin.listTopics().names().get()).doesNotContain(nodes.topic());
    }

    nodes.control("a").close();
    assertThat(ControlTopic.readPhase(nodes.direct)).isEmpty();

    nodes.write("phase", MIRROR);
    nodes.write("phase", QUESTDB);
    assertThat(ControlTopic.readPhase(nodes.direct).orElseThrow().epoch()).isEqualTo(8);
  }

  @Test
  void refusesTheIdOfAnotherNodeThatLives() throws Exception {
    ControlTopic first = nodes.control("a");

    assertThatThrownBy(() -> nodes.control(nodes.direct, Nodes.info("a", "elsewhere")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("node.id a is that of a node that is running, at http://a:8081");

    nodes.write("phase", MIRROR);
    await().until(first::knowsPhase);
  }

  @Test
  void takesTheIdOfANodeThatIsDead() throws Exception {
    nodes.control("a");
    nodes.write(
        "node/b",
        new NodeForm()
            .json(new NodeRecord(Nodes.info("b", "burnt"), "gone", 1, 0, -1, true, NodeShare.NONE))
            .toString());

    ControlTopic b = nodes.control("b");

    assertThat(b.nodes()).anyMatch(node -> node.record().info().equals(Nodes.info("b")));
  }

  @Test
  void aNodeWhoseDataDirectoryIsUsedByALaterOneLeaves() throws Exception {
    ControlTopic first = nodes.control("a");
    CompletableFuture<String> failed = first.failed().toCompletableFuture();

    ControlTopic second = nodes.control("a");

    assertThat(failed.get()).contains("node a has been started again with the same data.dir");
    assertThat(first.knowsPhase()).isFalse();
    assertThat(first.ignorance()).contains("it has left the cluster");
    nodes.write("phase", MIRROR);
    await().until(second::knowsPhase);
    assertThat(second.failed().toCompletableFuture()).isNotDone();
  }

  @Test
  void aListenerThatFailsEndsTheNodesPart() throws Exception {
    ControlTopic a = nodes.control("a");
    a.follow(
        new ControlListener() {
          @Override
          public void phase(PhaseRecord phase) {
            throw new IllegalStateException("no such store");
          }
        });

    nodes.write("phase", MIRROR);

    assertThat(a.failed().toCompletableFuture().get()).contains("no such store");
    assertThat(a.knowsPhase()).isFalse();
  }

  @Test
  void startsAnewWhenTheTopicIsMadeAgain() throws Exception {
    ControlTopic a = nodes.control("a");
    nodes.write("phase", MIRROR);
    await().until(a::knowsPhase);
    try (Admin admin = nodes.admin()) {
      admin.deleteTopics(List.of(nodes.topic())).all().get();
      await().until(() -> !admin.listTopics().names().get().contains(nodes.topic()));
      new CompactedTopic(CompactedTopic.Use.CONTROL, nodes.direct, admin).ensure();
    }
    nodes.write("phase", QUESTDB);

    await().until(() -> a.knowsPhase() && a.phase().orElseThrow().epoch() == 8);
  }

  @Tag("long")
  @Test
  void saysWhichServersDoNotAnswer() throws Exception {
    nodes.kafka.proxy().cut();

    assertThatThrownBy(() -> nodes.proxied("a"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(nodes.topic() + " at " + nodes.kafka.proxiedServers());
  }

  @Test
  void waitsNoLongerThanItWasTold() throws Exception {
    ControlTopic b = nodes.proxied("b");
    assertThat(b.sync(Duration.ofSeconds(30))).isTrue();

    nodes.kafka.proxy().stall();

    assertThat(b.sync(Duration.ofMillis(200))).isFalse();
  }

  private static List<String> ids(ControlTopic control) {
    return control.nodes().stream().map(node -> node.record().info().id()).toList();
  }
}
