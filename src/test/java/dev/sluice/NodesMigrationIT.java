package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.reading.Reading;
import dev.sluice.store.questdb.QuestDbServer;
import dev.sluice.testing.Ledger;
import dev.sluice.testing.LegacyTable;
import dev.sluice.testing.NodesLoad;
import dev.sluice.testing.Operator;
import dev.sluice.testing.ServeFixture;
import dev.sluice.testing.Stores;
import dev.sluice.testing.TestKafka;
import dev.sluice.testing.TestMysql;
import dev.sluice.testing.TestNode;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * The whole way from MySQL to QuestDB, back and for good, over two nodes that take readings in and
 * two that deliver, with the one that leads killed between two steps.
 */
@Tag("long")
class NodesMigrationIT {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final int LEGACY_ROWS = 20_000;
  private static final int CORRECTED_ROWS = 4_000;
  private static final AtomicInteger TOPICS = new AtomicInteger();

  /** What an operator does, in this order. */
  private enum Step {
    MIRROR,
    BACKFILL,
    VERIFY,
    CUT_OVER,
    ROLL_BACK,
    CUT_OVER_AGAIN,
    RETIRE
  }

  /** With the logs of the nodes, which stay when the test fails. */
  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path directory;

  private final long seed = Long.getLong("sluice.test.seed", System.nanoTime());
  private final SplittableRandom random = new SplittableRandom(seed);
  private final TestMysql mysql = TestMysql.freshDatabase();
  private final LegacyTable legacy = LegacyTable.create(mysql, LEGACY_ROWS);
  private final Ledger ledger = Ledger.replicated();
  private final List<TestNode> ingest = new ArrayList<>();
  private final List<TestNode> delivery = new ArrayList<>();
  private QuestDbServer questDb;
  private Operator operator;

  @BeforeEach
  void start() throws IOException {
    System.out.println("seed " + seed);
    legacy.each(ledger::acknowledged);
    questDb = new QuestDbServer(directory.resolve("questdb"), "sync");
    questDb.start();
    ServeFixture fixture =
        new ServeFixture(
            directory,
            mysql,
            List.of(
                "mysql.url=" + mysql.url(),
                "mysql.user=" + mysql.user(),
                "mysql.password=" + mysql.password(),
                "questdb.mode=remote",
                "questdb.url=http://127.0.0.1:" + questDb.port(),
                "questdb.durable-after=0ms",
                "cutover.initial-phase=mysql",
                // What the minute before the kill was like is of no interest here.
                "cutover.max-lag=5m",
                "backfill.max-lag=5m",
                "backfill.chunk-rows=500",
                "journal.kind=kafka",
                "journal.kafka.servers=" + TestKafka.shared().servers(),
                "journal.kafka.topic=moving-"
                    + ProcessHandle.current().pid()
                    + "-"
                    + TOPICS.incrementAndGet(),
                "journal.kafka.partitions=8",
                "journal.kafka.replication=1"));
    ServeFixture.migrate(
        fixture.with("data.dir=" + directory.resolve("migrate"), "journal.kind=local"));
    for (int i = 1; i <= 2; i++) {
      ingest.add(new TestNode("in-" + i, "ingest", fixture));
      delivery.add(new TestNode("out-" + i, "delivery", fixture));
    }
    nodes().forEach(TestNode::awaitUp);
    operator = new Operator(this::leadersAdmin);
  }

  @AfterEach
  void stop() {
    if (operator != null) {
      operator.close();
    }
    nodes().forEach(TestNode::close);
    if (questDb != null) {
      questDb.close();
    }
  }

  @Test
  void movesEverythingThoughTheLeaderDiesBetweenTwoSteps() {
    Step killBefore = Step.values()[random.nextInt(1, Step.values().length)];
    List<Reading> corrected = new ArrayList<>();
    for (int row = 0; row < CORRECTED_ROWS; row++) {
      corrected.add(legacy.reading(row));
    }
    try (NodesLoad load =
        new NodesLoad(ingest, ledger, corrected, 4, Duration.ofMillis(20), random.split())) {
      for (Step step : Step.values()) {
        awaitFlowing(load);
        if (step == killBefore) {
          System.out.println("the leader dies before " + step);
          killLeader();
        }
        System.out.println(step);
        take(step);
      }
      awaitFlowing(load);
      load.stop();
      assertThat(load.unanswered()).as("writes without an answer").isZero();
      System.out.printf(
          "acknowledged %d readings, %d requests refused%n",
          ledger.acknowledgedCount(), load.refused());
    }
    awaitNoLag("questdb");

    ledger.assertKeptBy("QuestDB", Stores.questDb(questDb.pg()));
    for (TestNode node : nodes()) {
      assertThat(node.status().getString("phase")).as(node.id()).isEqualTo("retired");
    }
    JsonObject residues = leader().status().getJsonObject("conservation");
    assertThat(residues.getInt("questdb")).isZero();
  }

  @Test
  void aBackfillGoesOnWhereItsLeaderDied() {
    operator.flip("mirror");
    operator.post("/v1/backfill", Map.of("action", "start")).ok();
    operator.post("/v1/backfill", Map.of("action", "throttle", "rows_per_second", 1_000)).ok();
    await().atMost(PATIENCE).until(() -> copied() >= 2_000);
    operator.post("/v1/backfill", Map.of("action", "throttle", "rows_per_second", 1)).ok();
    int copied = copied();

    killLeader();

    assertThat(copied()).isBetween(copied, copied + 1_000);
    assertThat(operator.get("/v1/backfill").getInt("limit_rows_per_second")).isEqualTo(1);
    operator.post("/v1/backfill", Map.of("action", "throttle", "rows_per_second", 0)).ok();
    operator.awaitBackfill("complete");
    assertThat(copied()).isEqualTo(LEGACY_ROWS);
    assertClean(operator.verify("needed"));
    ledger.assertKeptBy("QuestDB", Stores.questDb(questDb.pg()));
  }

  private int copied() {
    return operator.get("/v1/backfill").getInt("rows_copied");
  }

  private void take(Step step) {
    switch (step) {
      case MIRROR -> operator.flip("mirror");
      case BACKFILL -> operator.backfill(Map.of());
      case VERIFY -> assertClean(operator.verify("needed"));
      case CUT_OVER, CUT_OVER_AGAIN -> {
        flipWhenReady("questdb");
        awaitSource("questdb");
      }
      case ROLL_BACK -> {
        flipWhenReady("mirror");
        awaitSource("mysql");
      }
      case RETIRE -> {
        assertClean(operator.verify("all"));
        flipWhenReady("retired");
      }
    }
  }

  /** Flips once no guard objects. */
  private void flipWhenReady(String phase) {
    await("ready for " + phase)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(500))
        .until(() -> {
          JsonObject report = operator.report(phase);
          if (!report.getBoolean("ready")) {
            prove(failed(report));
          }
          return report.getBoolean("ready");
        });
    operator.flip(phase);
  }

  /** Whoever leads, what was proven stays proven, apart from hours that are written to. */
  private void prove(List<String> guards) {
    System.out.println("not ready: " + guards);
    assertThat(guards)
        .noneMatch(guard -> guard.startsWith("backfill"))
        .noneMatch(guard -> guard.contains("not been compared as a whole"));
    if (guards.stream().anyMatch(guard -> guard.startsWith("parity"))) {
      assertClean(operator.verify("needed"));
    }
  }

  private static List<String> failed(JsonObject report) {
    return report.getJsonArray("guards").getValuesAs(JsonObject.class).stream()
        .filter(guard -> !guard.getBoolean("passed"))
        .map(guard -> guard.getString("name") + ": " + guard.getString("reason"))
        .toList();
  }

  private static void assertClean(JsonObject verified) {
    assertThat(verified.getJsonObject("hours").getInt("mismatched")).as("%s", verified).isZero();
  }

  /** Another node leads then, and knows what it knew. */
  private void killLeader() {
    TestNode dead = leader();
    String backfill = operator.get("/v1/backfill").getString("state");
    JsonObject verified = operator.get("/v1/verify");
    await("what is told within a second").pollDelay(Duration.ofMillis(1_500)).until(() -> true);
    dead.kill();
    await("another leader")
        .atMost(PATIENCE)
        .until(() -> delivery.stream().anyMatch(TestNode::leads));
    assertThat(leader().id()).isNotEqualTo(dead.id());
    await("what the dead one knew")
        .atMost(PATIENCE)
        .untilAsserted(() -> {
          assertThat(operator.get("/v1/backfill").getString("state")).isEqualTo(backfill);
          JsonObject now = operator.get("/v1/verify");
          assertThat(now.get("complete_pass_at")).isEqualTo(verified.get("complete_pass_at"));
          assertThat(compared(now)).isGreaterThanOrEqualTo(compared(verified));
        });
    dead.launch();
    dead.awaitUp();
  }

  private static int compared(JsonObject verify) {
    JsonObject hours = verify.getJsonObject("hours");
    return hours.getInt("matched") + hours.getInt("dirty");
  }

  private TestNode leader() {
    return await("a leader")
        .atMost(PATIENCE)
        .until(() -> delivery.stream().filter(TestNode::leads).findFirst(), Optional::isPresent)
        .orElseThrow();
  }

  private URI leadersAdmin() {
    return leader().admin();
  }

  /** Every node that answers reads does so from this store. */
  private void awaitSource(String store) {
    for (TestNode node : delivery) {
      await(node.id() + " reads from " + store)
          .atMost(PATIENCE)
          .until(() ->
              node.get("ingest", "/v1/readings?device=legacy-1&limit=1")
                  .headers()
                  .firstValue("X-Sluice-Source")
                  .equals(Optional.of(store)));
    }
  }

  private void awaitFlowing(NodesLoad load) {
    int before = ledger.acknowledgedCount();
    await("readings are acknowledged")
        .atMost(PATIENCE)
        .until(() -> {
          assertThat(load.running()).as("the load met something it must not, see above").isTrue();
          return ledger.acknowledgedCount() > before + 200;
        });
  }

  private void awaitNoLag(String sink) {
    await("no lag of " + sink)
        .atMost(PATIENCE)
        .pollDelay(Duration.ofMillis(1_500))
        .until(() -> {
          JsonObject its = leader().status().getJsonObject("sinks").getJsonObject(sink);
          return !its.isNull("lag_readings") && its.getInt("lag_readings") == 0;
        });
  }

  private List<TestNode> nodes() {
    return Stream.concat(ingest.stream(), delivery.stream()).toList();
  }
}
