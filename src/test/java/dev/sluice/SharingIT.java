package dev.sluice;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.store.questdb.QuestDbServer;
import dev.sluice.testing.CorrectingLoad;
import dev.sluice.testing.Ledger;
import dev.sluice.testing.LegacyTable;
import dev.sluice.testing.LoadClient;
import dev.sluice.testing.Operator;
import dev.sluice.testing.ServeFixture;
import dev.sluice.testing.SluiceProcess;
import dev.sluice.testing.Stores;
import dev.sluice.testing.TestKafka;
import dev.sluice.testing.TestMysql;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two jars that share the delivery of one topic, and one that takes readings in: killed, frozen,
 * stopped, and taken through all phases, beside a ledger of everything that was acknowledged.
 */
@Tag("mysql")
class SharingIT {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int PARTITIONS = 8;
  private static final List<String> DELIVERY = List.of("out-1", "out-2");
  private static final AtomicInteger TOPICS = new AtomicInteger();

  @TempDir private Path directory;

  private final TestMysql mysql = TestMysql.freshDatabase();
  private final Ledger ledger = Ledger.replicated();
  private final Map<String, SluiceProcess> nodes = new LinkedHashMap<>();
  private QuestDbServer questDb;
  private ServeFixture fixture;

  private String phase = "retired";

  @BeforeEach
  void startStores() throws IOException {
    questDb = new QuestDbServer(directory.resolve("questdb"), "sync");
    questDb.start();
    List<String> settings = new ArrayList<>();
    settings.add("ingest.port=0");
    settings.add("admin.port=0");
    settings.add("mysql.url=" + mysql.url());
    settings.add("mysql.user=" + mysql.user());
    settings.add("mysql.password=" + mysql.password());
    settings.add("questdb.mode=remote");
    settings.add("questdb.url=http://127.0.0.1:" + questDb.port());
    settings.add("questdb.durable-after=0ms");
    settings.add("cutover.initial-phase=mirror");
    settings.add("journal.kind=kafka");
    settings.add("journal.kafka.servers=" + TestKafka.shared().servers());
    settings.add(
        "journal.kafka.topic=sharing-"
            + ProcessHandle.current().pid()
            + "-"
            + TOPICS.incrementAndGet());
    settings.add("journal.kafka.partitions=" + PARTITIONS);
    settings.add("journal.kafka.replication=1");
    ServeFixture.migrate(
        new ServeFixture(directory, mysql, settings)
            .with("data.dir=" + directory.resolve("migrate"), "journal.kind=local"));
    fixture = new ServeFixture(directory, mysql, List.copyOf(settings));
  }

  private void startIn(String initial) {
    phase = initial;
    launch("in-1");
    DELIVERY.forEach(this::launch);
    nodes.values().forEach(SluiceProcess::awaitReady);
  }

  @AfterEach
  void stopAll() {
    nodes.values().forEach(SluiceProcess::close);
    questDb.close();
  }

  @Test
  @Tag("long")
  void theOtherTakesThePartitionsOfAWorkerThatDies() throws Exception {
    startIn("retired");
    awaitShared();
    String leader = leader();
    String worker = otherThan(leader);
    try (CorrectingLoad load = correcting(1)) {
      awaitDelivered("questdb", leader, worker);

      long begin = System.nanoTime();
      gone(worker).kill();
      await().atMost(PATIENCE).until(() -> partitions(leader) == PARTITIONS);
      System.out.println("partitions of a dead worker taken after " + millisSince(begin) + " ms");
      launch(worker);
      process(worker).awaitReady();
      awaitShared();
      awaitDelivered("questdb", leader, worker);
      assertThat(load.running()).isTrue();
    }
    assertKept("questdb");
  }

  @Test
  @Tag("long")
  void theWorkerGoesOnWhileALeaderDiesAndLeadsThen() throws Exception {
    startIn("retired");
    awaitShared();
    String leader = leader();
    String worker = otherThan(leader);
    try (CorrectingLoad load = correcting(2)) {
      awaitDelivered("questdb", leader, worker);

      gone(leader).kill();
      awaitDelivered("questdb", worker);
      await().atMost(PATIENCE).until(() -> leads(worker) && partitions(worker) == PARTITIONS);
      launch(leader);
      process(leader).awaitReady();
      awaitShared();
      awaitDelivered("questdb", leader, worker);

      assertThat(gone(leader).terminate(PATIENCE)).isZero();
      await().atMost(PATIENCE).until(() -> partitions(worker) == PARTITIONS);
      assertThat(load.running()).isTrue();
    }
    assertKept("questdb");
  }

  @Test
  @Tag("long")
  void aWorkerThatWasFrozenFindsItsPartitionsTakenAndGetsOthers() throws Exception {
    startIn("retired");
    awaitShared();
    String leader = leader();
    String worker = otherThan(leader);
    try (LoadClient load = load(3)) {
      for (int round = 0; round < 3; round++) {
        awaitDelivered("questdb", leader, worker);
        signal("-STOP", worker);
        await().atMost(PATIENCE).until(() -> partitions(leader) == PARTITIONS);
        awaitDelivered("questdb", leader);
        signal("-CONT", worker);
        awaitShared();
      }
      assertThat(load.running()).isTrue();
    }
    assertKept("questdb");
  }

  @Test
  @Tag("long")
  void goesThroughAllPhasesUnderLoadAndSharesWhereOneStoreIsWritten() throws Exception {
    startIn("mysql");
    awaitShared();
    String leader = leader();
    String worker = otherThan(leader);
    try (CorrectingLoad load = correcting(4);
        Operator operator = new Operator(() -> process(leader).url("admin"))) {
      awaitDelivered("mysql", leader, worker);

      operator.flip("mirror");
      assertThat(process(worker).sink("mysql").getString("state")).isEqualTo("elsewhere");
      await().until(() -> partitions(leader) == PARTITIONS);
      awaitDelivered("mysql", leader);
      awaitDelivered("questdb", leader);
      operator.backfill(Map.of());
      await()
          .atMost(PATIENCE)
          .until(() -> {
            operator.verify("needed");
            return operator.report("questdb").getBoolean("ready");
          });
      operator.flip("questdb");
      assertThat(partitions(leader)).isEqualTo(PARTITIONS);
      assertThat(load.running()).isTrue();
    }
    assertKept("mysql", "questdb");
    assertThat(worker(leader).status().getJsonArray("warnings")).isEmpty();
    assertThat(process(leader).status().getJsonArray("warnings")).isEmpty();

    try (Operator operator = new Operator(() -> process(leader).url("admin"))) {
      await()
          .atMost(PATIENCE)
          .until(() -> {
            operator.verify("needed");
            return operator.report("retired").getBoolean("ready");
          });
      operator.flip("retired");
    }
    awaitShared();
    try (LoadClient load = load(5)) {
      awaitDelivered("questdb", leader, worker);
      assertThat(load.running()).isTrue();
    }
    assertKept("questdb");
    nodes.values().forEach(node -> assertThat(node.terminate(PATIENCE)).isZero());
  }

  private SluiceProcess worker(String leader) {
    return process(otherThan(leader));
  }

  private void launch(String id) {
    Path home = directory.resolve(id);
    nodes.put(
        id,
        SluiceProcess.launch(
            home,
            "serve",
            fixture.with(
                "data.dir=" + home.resolve("data"),
                "cutover.initial-phase=" + phase,
                "node.id=" + id,
                "node.roles=" + (DELIVERY.contains(id) ? "delivery" : "ingest"))));
  }

  private CorrectingLoad correcting(long seed) {
    return new CorrectingLoad(
        () -> process("in-1").url("ingest"),
        ledger,
        new LegacyTable(mysql, 20_000), // never made: its rows are new readings of old days here
        2,
        Duration.ofMillis(5),
        new SplittableRandom(seed));
  }

  private LoadClient load(long seed) {
    return new LoadClient(
        process("in-1").url("ingest"),
        ledger,
        2,
        100,
        Duration.ofMillis(5),
        new SplittableRandom(seed));
  }

  private static String otherThan(String id) {
    return DELIVERY.stream().filter(other -> !other.equals(id)).findFirst().orElseThrow();
  }

  /** Waits until both deliver half of the partitions each, and say so. */
  private void awaitShared() {
    await()
        .atMost(PATIENCE)
        .until(() ->
            DELIVERY.stream()
                .allMatch(id -> nodes.containsKey(id) && partitions(id) == PARTITIONS / 2));
  }

  /** As the node itself says; -1 while it does not answer. */
  private int partitions(String id) {
    JsonObject its = node(process(id).status(), id);
    return its.getInt("partitions", -1);
  }

  private boolean leads(String id) {
    return node(process(id).status(), id).getBoolean("leads");
  }

  private static JsonObject node(JsonObject status, String id) {
    return status.getJsonArray("nodes").getValuesAs(JsonObject.class).stream()
        .filter(node -> node.getString("id").equals(id))
        .findFirst()
        .orElseThrow();
  }

  private String leader() {
    return DELIVERY.stream().filter(this::leads).findFirst().orElseThrow();
  }

  /** Waits until each of these nodes has delivered more of its part since this was called. */
  private void awaitDelivered(String sink, String... ids) {
    for (String id : ids) {
      double before = counter(id, sink);
      await().atMost(PATIENCE).until(() -> counter(id, sink) > Math.max(0, before));
    }
  }

  /** What the node itself has delivered of its present part; -1 while it delivers nothing. */
  private double counter(String id, String sink) {
    try {
      String name = "sluice_sink_delivered_readings_total{sink=\"" + sink + "\"} ";
      return process(id)
          .get("admin", "/metrics")
          .body()
          .lines()
          .filter(line -> line.startsWith(name))
          .mapToDouble(line -> Double.parseDouble(line.substring(name.length())))
          .findFirst()
          .orElse(-1);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private void signal(String signal, String id) throws Exception {
    String pid = String.valueOf(process(id).pid());
    assertThat(new ProcessBuilder("kill", signal, pid).inheritIO().start().waitFor()).isZero();
  }

  private static long millisSince(long nanos) {
    return (System.nanoTime() - nanos) / 1_000_000;
  }

  /** These stores have what the ledger has, and the leader's count of all nodes says so. */
  private void assertKept(String... stores) {
    String leader =
        DELIVERY.stream().filter(nodes::containsKey).filter(this::leads).findFirst().orElseThrow();
    for (String sink : stores) {
      // What other nodes have appended, and how far they are, is seen within a second or two.
      await()
          .atMost(PATIENCE)
          .pollDelay(Duration.ofMillis(2_500))
          .until(() -> process(leader).sink(sink).getInt("lag_readings") == 0);
    }
    for (String store : stores) {
      ledger.assertKeptBy(
          store, store.equals("mysql") ? Stores.mysql(mysql) : Stores.questDb(questDb.pg()));
      JsonObject status = process(leader).status();
      assertThat(status.getJsonObject("conservation").getInt(store)).isZero();
      JsonObject sink = status.getJsonObject("sinks").getJsonObject(store);
      assertThat(sink.getInt("lost")).isZero();
      if (store.equals("mysql") || phase.equals("retired")) { // else a backfill brought some
        assertThat(sink.getInt("delivered")).isGreaterThanOrEqualTo(ledger.acknowledgedCount());
      }
    }
  }

  private SluiceProcess process(String id) {
    return requireNonNull(nodes.get(id), id);
  }

  /** The process, no longer counted among the nodes. */
  private SluiceProcess gone(String id) {
    return requireNonNull(nodes.remove(id), id);
  }
}
