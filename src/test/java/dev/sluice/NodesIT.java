package dev.sluice;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.cli.Cli;
import dev.sluice.server.OutsideExamination;
import dev.sluice.server.StoreMigrations;
import dev.sluice.store.questdb.QuestDbServer;
import dev.sluice.testing.Ledger;
import dev.sluice.testing.LoadClient;
import dev.sluice.testing.Operator;
import dev.sluice.testing.ServeFixture;
import dev.sluice.testing.SluiceProcess;
import dev.sluice.testing.Stores;
import dev.sluice.testing.TestKafka;
import dev.sluice.testing.TestMysql;
import jakarta.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Several jars that share one topic: two that take readings in, two that take turns in delivering,
 * each killed and frozen, beside a ledger of everything that was acknowledged.
 */
@Tag("mysql")
class NodesIT {
  private static final int KILLS = Integer.getInteger("sluice.test.kills", 10);
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final List<String> INGEST = List.of("in-1", "in-2");
  private static final List<String> DELIVERY = List.of("out-1", "out-2");
  private static final AtomicInteger TOPICS = new AtomicInteger();

  @TempDir private Path directory;

  private final TestMysql mysql = TestMysql.freshDatabase();
  private final Ledger ledger = Ledger.replicated();
  private final Map<String, SluiceProcess> nodes = new LinkedHashMap<>();
  private QuestDbServer questDb;
  private ServeFixture fixture;

  @BeforeEach
  void startStoresAndNodes() throws IOException {
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
        "journal.kafka.topic=nodes-"
            + ProcessHandle.current().pid()
            + "-"
            + TOPICS.incrementAndGet());
    settings.add("journal.kafka.partitions=8");
    settings.add("journal.kafka.replication=1");
    ServeFixture.migrate(
        new ServeFixture(directory, mysql, settings)
            .with("data.dir=" + directory.resolve("migrate"), "journal.kind=local"));
    fixture = new ServeFixture(directory, mysql, List.copyOf(settings));
    INGEST.forEach(this::launch);
    DELIVERY.forEach(this::launch);
    nodes.values().forEach(SluiceProcess::awaitReady);
  }

  @AfterEach
  void stopAll() {
    nodes.values().forEach(SluiceProcess::close);
    questDb.close();
  }

  @Test
  void losesNothingWhenNodesDieOrFreezeAndMovesReadsEverywhere() throws Exception {
    try (LoadClient second = load("in-2", 2)) {
      String ingest = "in-1";
      try (LoadClient first = load(ingest, 1)) {
        await().until(() -> ledger.acknowledgedCount() > 2_000);
        assertThat(first.running()).isTrue();
        gone(ingest).kill();
      }
      launch(ingest);

      String dead = leader();
      long begin = System.nanoTime();
      gone(dead).kill();
      String successor = awaitLeader();
      System.out.println("took over after " + millisSince(begin) + " ms");
      assertThat(successor).isNotEqualTo(dead);
      launch(dead);
      awaitDelivering(successor);
      process(dead).awaitReady();

      signal("-STOP", successor);
      await().atMost(PATIENCE).until(() -> leads(dead));
      awaitDelivering(dead);
      signal("-CONT", successor);
      await().atMost(PATIENCE).until(() -> !leads(successor));
      assertThat(second.running()).isTrue();
      process(ingest).awaitReady();
    }
    assertKept();

    assertAnswersNameTheRightNode();
    flipAndReadEverywhere();
    nodes.values().forEach(node -> assertThat(node.terminate(PATIENCE)).isZero());
  }

  @Test
  @Tag("long")
  void aStopHandsOverAtOnce() throws Exception {
    String leader = leader();

    long begin = System.nanoTime();
    assertThat(gone(leader).terminate(PATIENCE)).isZero();
    String successor = awaitLeader();

    System.out.println("handed over within " + millisSince(begin) + " ms");
    try (LoadClient load = load("in-2", 3)) {
      awaitDelivering(successor);
      assertThat(load.running()).isTrue();
    }
    assertKept();
  }

  @Test
  @Tag("long")
  void refusesANodeWithAStoreOfItsOwnAndOneWithATakenName() throws Exception {
    try (SluiceProcess embedded =
        SluiceProcess.launch(
            directory.resolve("embedded"),
            "serve",
            fixture.with(
                "data.dir=" + directory.resolve("embedded").resolve("data"),
                "questdb.mode=embedded",
                "questdb.console-port=0",
                "questdb.pg-port=0"))) {
      assertThat(embedded.awaitExit(PATIENCE)).isNotZero();
      assertThat(embedded.log())
          .containsPattern("node out-[12] delivers from this topic already")
          .contains("questdb.mode=remote", "node.roles=ingest");
    }
    try (SluiceProcess namesake =
        SluiceProcess.launch(
            directory.resolve("namesake"),
            "serve",
            fixture.with(
                "data.dir=" + directory.resolve("namesake").resolve("data"), "node.id=in-1"))) {
      assertThat(namesake.awaitExit(PATIENCE)).isNotZero();
      assertThat(namesake.log()).contains("in-1", "node.id");
    }
    assertThat(nodes.values()).allMatch(SluiceProcess::alive);
  }

  @Test
  @Tag("long")
  void losesNothingHoweverOftenNodesDieOrFreeze() throws Exception {
    long seed = Long.getLong("sluice.test.seed", System.nanoTime());
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    for (int kill = 0; kill < KILLS; kill++) {
      String ingest = INGEST.get(random.nextInt(INGEST.size()));
      int before = ledger.acknowledgedCount();
      try (LoadClient load = load(ingest, random.nextLong())) {
        await().atMost(PATIENCE).until(() -> ledger.acknowledgedCount() > before + 1_000);
        await().pollDelay(Duration.ofMillis(random.nextInt(1, 1_500))).until(load::running);
        String leader = awaitLeader();
        switch (random.nextInt(4)) {
          case 0 -> dieAndReturn(ingest);
          case 1 -> dieAndReturn(leader);
          case 2 -> dieAndReturn(otherThan(leader));
          default -> {
            signal("-STOP", leader);
            await().atMost(PATIENCE).until(() -> leads(otherThan(leader)));
            signal("-CONT", leader);
            await().atMost(PATIENCE).until(() -> !leads(leader));
          }
        }
      }
      nodes.values().forEach(SluiceProcess::awaitReady);
    }
    assertKept();
    System.out.println("kept " + ledger.acknowledgedCount() + " acknowledged readings");
  }

  private void dieAndReturn(String node) {
    System.out.println("kill " + node);
    gone(node).kill();
    launch(node);
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
                "node.id=" + id,
                "node.roles=" + (INGEST.contains(id) ? "ingest" : "delivery"))));
  }

  private LoadClient load(String id, long seed) {
    return new LoadClient(
        process(id).url("ingest"),
        ledger,
        2,
        100,
        Duration.ofMillis(20),
        new SplittableRandom(seed));
  }

  private static String otherThan(String id) {
    return DELIVERY.stream().filter(other -> !other.equals(id)).findFirst().orElseThrow();
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

  /** Who leads, as an ingest node sees it. */
  private Optional<String> leaderSeen() {
    return process("in-2").status().getJsonArray("nodes").getValuesAs(JsonObject.class).stream()
        .filter(node -> node.getBoolean("leads") && nodes.containsKey(node.getString("id")))
        .map(node -> node.getString("id"))
        .findFirst();
  }

  private String leader() {
    return leaderSeen().orElseThrow();
  }

  private String awaitLeader() {
    await()
        .atMost(PATIENCE)
        .until(() -> leaderSeen().filter(nodes::containsKey).filter(this::leads).isPresent());
    return leader();
  }

  /** Waits until both sinks have moved since this was called. */
  private void awaitDelivering(String id) {
    for (String sink : List.of("mysql", "questdb")) {
      await().atMost(PATIENCE).until(() -> delivered(id, sink) >= 0);
      long before = delivered(id, sink);
      await().atMost(PATIENCE).until(() -> delivered(id, sink) > before);
    }
  }

  /** -1 while this node does not deliver. */
  private long delivered(String id, String sink) {
    JsonObject its = process(id).sink(sink);
    return its.isNull("delivered") ? -1 : its.getJsonNumber("delivered").longValue();
  }

  private void signal(String signal, String id) throws Exception {
    String pid = String.valueOf(process(id).pid());
    assertThat(new ProcessBuilder("kill", signal, pid).inheritIO().start().waitFor()).isZero();
  }

  private static long millisSince(long nanos) {
    return (System.nanoTime() - nanos) / 1_000_000;
  }

  /** Both stores have what the ledger has, and the leader's count says so. */
  private void assertKept() {
    String leader = awaitLeader();
    for (String sink : List.of("mysql", "questdb")) {
      // What other nodes have appended is seen within a second.
      await()
          .atMost(PATIENCE)
          .pollDelay(Duration.ofMillis(1_500))
          .until(() -> process(leader).sink(sink).getInt("lag_readings") == 0);
    }
    ledger.assertKeptBy("MySQL", Stores.mysql(mysql));
    ledger.assertKeptBy("QuestDB", Stores.questDb(questDb.pg()));
    JsonObject status = process(leader).status();
    for (String store : List.of("mysql", "questdb")) {
      assertThat(status.getJsonObject("conservation").getInt(store)).isZero();
      JsonObject sink = status.getJsonObject("sinks").getJsonObject(store);
      assertThat(sink.getInt("lost")).isZero();
      assertThat(sink.getInt("delivered")).isGreaterThanOrEqualTo(ledger.acknowledgedCount());
    }
  }

  private void assertAnswersNameTheRightNode() throws Exception {
    String leader = awaitLeader();
    URI admin = process(leader).url("admin");
    for (String other : List.of("in-1", otherThan(leader))) {
      HttpResponse<String> cutover = process(other).get("admin", "/v1/cutover");
      assertThat(cutover.statusCode()).as(cutover.body()).isEqualTo(421);
      assertThat(cutover.body()).contains("node " + leader + " leads", admin.toString());
      assertThat(process(other).sink("mysql").getString("state")).isEqualTo("elsewhere");
    }
    HttpResponse<String> read = process("in-1").get("ingest", "/v1/readings?device=a&metric=b");
    assertThat(read.statusCode()).isEqualTo(404);
    assertThat(read.body()).contains(process(leader).url("ingest").toString());
    HttpResponse<String> write = process(leader).post("/write", "text/plain", "temp value=1");
    assertThat(write.statusCode()).isEqualTo(503);
    assertThat(write.body()).contains("node.roles");
    for (SluiceProcess node : nodes.values()) {
      assertThat(node.get("admin", "/health/ready").statusCode()).isEqualTo(200);
    }
    assertThat(process(leader).get("admin", "/metrics").body())
        .contains(
            "sluice_nodes{role=\"ingest\",state=\"live\"} 2.0",
            "sluice_nodes{role=\"delivery\",state=\"live\"} 2.0",
            "sluice_node_leads 1.0");
    assertThat(process("in-1").get("admin", "/metrics").body())
        .contains("sluice_node_leads 0.0", "sluice_phase{phase=\"mirror\"} 1.0");
  }

  private void flipAndReadEverywhere() {
    String leader = awaitLeader();
    try (Operator operator = new Operator(() -> process(leader).url("admin"))) {
      operator.backfill(Map.of());
      operator.verify("needed");
      await().atMost(PATIENCE).until(() -> operator.report("questdb").getBoolean("ready"));
      operator.flip("questdb");
    }
    for (String id : DELIVERY) {
      await()
          .atMost(PATIENCE)
          .until(() ->
              process(id)
                  .get("ingest", "/v1/readings?device=sensor-1&metric=temp")
                  .headers()
                  .firstValue("X-Sluice-Source")
                  .equals(Optional.of("questdb")));
    }
    for (SluiceProcess node : nodes.values()) {
      await().atMost(PATIENCE).until(() -> node.status().getString("phase").equals("questdb"));
    }
    assertThat(audit(leader)).contains("phase questdb of epoch 2 was set by the recorded change");
    assertThat(audit(otherThan(leader)))
        .contains("phase questdb of epoch 2 was set on node " + leader);
  }

  /** What {@code sluice audit verify} prints on this node; it finds nothing broken. */
  private String audit(String id) {
    List<String> line = new ArrayList<>(List.of("audit", "verify"));
    fixture
        .with("data.dir=" + directory.resolve(id).resolve("data"), "node.id=" + id)
        .forEach(setting -> line.addAll(List.of("--set", setting)));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream both = new PrintStream(out, true, UTF_8);
    Cli cli =
        new Cli(
            (settings, mode, stream) -> 0,
            new StoreMigrations(),
            new OutsideExamination(),
            Map.of(),
            both,
            both);
    int code = cli.run(line.toArray(String[]::new));
    assertThat(code).as(out.toString(UTF_8)).isZero();
    return out.toString(UTF_8);
  }

  private SluiceProcess process(String id) {
    return requireNonNull(nodes.get(id), id);
  }

  /** The process, no longer counted among the nodes. */
  private SluiceProcess gone(String id) {
    return requireNonNull(nodes.remove(id), id);
  }
}
