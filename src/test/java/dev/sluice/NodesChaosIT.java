package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.store.questdb.QuestDbServer;
import dev.sluice.testing.Ledger;
import dev.sluice.testing.NodesLoad;
import dev.sluice.testing.Reassignment;
import dev.sluice.testing.ServeFixture;
import dev.sluice.testing.SmallDisk;
import dev.sluice.testing.Stores;
import dev.sluice.testing.TestKafka;
import dev.sluice.testing.TestMysql;
import dev.sluice.testing.TestNode;
import dev.sluice.testing.TestProxy;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Three brokers, two nodes that take readings in and two that deliver, all of which die, freeze and
 * are cut off at random, beside a ledger of everything that was acknowledged. Lasts for {@code
 * sluice.test.chaos-seconds} in each phase; a run is repeated, as far as processes can be, with its
 * {@code sluice.test.seed}.
 */
@Tag("long")
class NodesChaosIT {
  private static final Duration LASTS =
      Duration.ofSeconds(Integer.getInteger("sluice.test.chaos-seconds", 45));
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final int BROKERS = 3;
  private static final int DISK_MEBIBYTES = 192;
  private static final String TOPIC = "chaos-" + ProcessHandle.current().pid();

  /** What happens to brokers. */
  private enum BrokerTrouble {
    KILL,
    KILL_TWO,
    FREEZE,
    CUT_OFF,
    STALL,
    FULL_DISK,
    MOVE_PARTITIONS
  }

  /** What happens meanwhile, to nodes and to a store. */
  private enum NodeTrouble {
    KILL_INGEST,
    KILL_DELIVERY,
    KILL_ALL_DELIVERY,
    FREEZE_DELIVERY,
    MYSQL_AWAY
  }

  /** With the logs of the nodes, which stay when the test fails. */
  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path directory;

  private final long seed = Long.getLong("sluice.test.seed", System.nanoTime());
  private final SplittableRandom random = new SplittableRandom(seed);
  private final Deck<BrokerTrouble> brokerTroubles = new Deck<>(BrokerTrouble.values());
  private final Deck<NodeTrouble> nodeTroubles = new Deck<>(NodeTrouble.values());
  private final TestMysql mysql = TestMysql.freshDatabase();
  private final Ledger ledger = Ledger.replicated();
  private final List<TestNode> ingest = new ArrayList<>();
  private final List<TestNode> delivery = new ArrayList<>();
  private TestKafka kafka;
  private QuestDbServer questDb;
  private TestProxy toMysql;

  /** Gives each of some things once, in random order, before any comes again. */
  private final class Deck<T> {
    private final List<T> all;
    private final List<T> left = new ArrayList<>();

    Deck(T[] all) {
      this.all = List.of(all);
    }

    T draw() {
      if (left.isEmpty()) {
        left.addAll(all);
        Collections.shuffle(left, new Random(random.nextLong()));
      }
      return left.removeLast();
    }
  }

  @BeforeEach
  void startBrokersAndStores() throws IOException {
    kafka = TestKafka.behindProxies(BROKERS, DISK_MEBIBYTES);
    questDb = new QuestDbServer(directory.resolve("questdb"), "sync");
    questDb.start();
    toMysql = new TestProxy(mysql.host(), mysql.port());
  }

  private void startNodes(String phase) {
    System.out.println("phase " + phase + ", seed " + seed);
    ServeFixture fixture =
        new ServeFixture(
            directory,
            mysql,
            List.of(
                "mysql.url=" + mysql.through(toMysql).url(),
                "mysql.user=" + mysql.user(),
                "mysql.password=" + mysql.password(),
                "questdb.mode=remote",
                "questdb.url=http://127.0.0.1:" + questDb.port(),
                "questdb.durable-after=0ms",
                "cutover.initial-phase=" + phase,
                "journal.kind=kafka",
                "journal.kafka.servers=" + kafka.proxiedServers(),
                "journal.kafka.topic=" + TOPIC,
                "journal.kafka.partitions=8",
                "journal.kafka.replication=" + BROKERS,
                "journal.max-bytes=512MiB"));
    ServeFixture.migrate(
        fixture.with("data.dir=" + directory.resolve("migrate"), "journal.kind=local"));
    for (int i = 1; i <= 2; i++) {
      ingest.add(new TestNode("in-" + i, "ingest", fixture));
      delivery.add(new TestNode("out-" + i, "delivery", fixture));
    }
    nodes().forEach(TestNode::awaitUp);
  }

  @AfterEach
  void stop() throws IOException {
    nodes().forEach(TestNode::close);
    if (questDb != null) {
      questDb.close();
    }
    if (toMysql != null) {
      toMysql.close();
    }
    if (kafka != null) {
      kafka.close();
    }
  }

  /** In phase mirror one node delivers; in phase mysql all that can may share it. */
  @ParameterizedTest
  @ValueSource(strings = {"mirror", "mysql"})
  void losesNothingAndKeepsNothingTwiceWhateverDies(String phase) throws Exception {
    startNodes(phase);
    List<String> sinks = phase.equals("mirror") ? List.of("mysql", "questdb") : List.of("mysql");
    boolean refusesLate = sinks.equals(List.of("mysql"));
    try (NodesLoad load =
        new NodesLoad(ingest, ledger, List.of(), 4, Duration.ofMillis(20), random.split())) {
      awaitFlowing(load);
      long end = System.nanoTime() + LASTS.toNanos();
      for (int round = 1; System.nanoTime() - end < 0; round++) {
        trouble(round, load, refusesLate);
      }
      nodes().forEach(TestNode::awaitUp);
      awaitFlowing(load);
      load.stop();
      System.out.printf(
          "acknowledged %d readings; %d requests refused, %d not answered; longest answer %d ms%n",
          ledger.acknowledgedCount(), load.refused(), load.unanswered(), load.longest().toMillis());
    }
    sinks.forEach(this::awaitNoLag);

    ledger.assertKeptBy("MySQL", Stores.mysql(mysql));
    if (sinks.contains("questdb")) {
      ledger.assertKeptBy("QuestDB", Stores.questDb(questDb.pg()));
    }
    for (TestNode node : delivery) {
      sinks.forEach(sink -> assertAllAccountedFor(node, sink));
    }
  }

  /**
   * One broker's trouble and one node's, which begin and end in any order.
   *
   * @param refusesLate whether no store takes what a node had begun to write when it froze
   */
  private void trouble(int round, NodesLoad load, boolean refusesLate) throws Exception {
    BrokerTrouble broken = brokerTroubles.draw();
    NodeTrouble gone = nodeTroubles.draw();
    int broker = broken == BrokerTrouble.FULL_DISK ? BROKERS - 1 : random.nextInt(BROKERS);
    List<TestNode> victims = victims(gone);
    System.out.printf(
        "%s round %d: %s of broker %d, %s of %s%n",
        Instant.now(), round, broken, broker, gone, victims.stream().map(TestNode::id).toList());

    if (gone == NodeTrouble.FREEZE_DELIVERY && !refusesLate) {
      deliverCorrections(load);
    }
    begin(broken, broker);
    pass(0, 3_000, load);
    begin(gone, victims);
    pass(1_000, 3_000, load);
    boolean brokerFirst = random.nextBoolean();
    if (brokerFirst) {
      end(broken, broker);
      pass(0, 3_000, load);
    }
    if (gone == NodeTrouble.FREEZE_DELIVERY) {
      pass(5_000, 8_000, load); // longer than a lease, and mostly than the group's session
    }
    end(gone, victims, load);
    if (!brokerFirst) {
      pass(0, 3_000, load);
      end(broken, broker);
    }
    nodes().forEach(TestNode::looksUp);
    awaitFlowing(load);
  }

  private void begin(BrokerTrouble trouble, int broker) throws Exception {
    switch (trouble) {
      case KILL -> kafka.kill(broker);
      case KILL_TWO -> {
        kafka.kill(broker);
        kafka.kill((broker + 1) % BROKERS);
      }
      case FREEZE -> kafka.freeze(broker);
      case CUT_OFF -> kafka.proxy(broker).cut();
      case STALL -> kafka.proxy(broker).stall();
      case FULL_DISK -> {
        if (kafka.disk(broker).isPresent()) {
          kafka.disk(broker).get().fill();
        }
      }
      case MOVE_PARTITIONS -> {
        try (Reassignment moves = new Reassignment(kafka, TOPIC)) {
          moves.begin(random);
        }
      }
    }
  }

  private void end(BrokerTrouble trouble, int broker) throws Exception {
    switch (trouble) {
      case KILL -> kafka.restart(broker);
      case KILL_TWO -> {
        kafka.restart(broker);
        kafka.restart((broker + 1) % BROKERS);
      }
      case FREEZE -> kafka.thaw(broker);
      case CUT_OFF, STALL -> kafka.proxy(broker).resume();
      case FULL_DISK -> {
        if (kafka.disk(broker).isPresent()) {
          emptied(broker, kafka.disk(broker).get());
        }
      }
      case MOVE_PARTITIONS -> {
        try (Reassignment moves = new Reassignment(kafka, TOPIC)) {
          moves.awaitDone();
        }
      }
    }
  }

  /** A broker whose only disk is full ends by itself, or hangs on to what it has. */
  private void emptied(int broker, SmallDisk disk) throws IOException {
    boolean ended = !kafka.alive(broker);
    System.out.println("a full disk has " + (ended ? "ended" : "not ended") + " broker " + broker);
    kafka.kill(broker);
    disk.free();
    kafka.restart(broker);
  }

  /** Those it happens to; of nodes that are still starting, the start is waited for. */
  private List<TestNode> victims(NodeTrouble trouble) {
    List<TestNode> chosen =
        switch (trouble) {
          case KILL_INGEST -> List.of(ingest.get(random.nextInt(2)));
          case KILL_DELIVERY, FREEZE_DELIVERY -> List.of(delivery.get(random.nextInt(2)));
          case KILL_ALL_DELIVERY -> delivery;
          case MYSQL_AWAY -> List.of();
        };
    chosen.forEach(TestNode::awaitUp);
    return chosen;
  }

  /**
   * Has nothing corrected from now on, and waits until what was is in the stores. What a delivery
   * node was writing when it froze may reach QuestDB when it wakes, behind the later value that
   * another one has delivered: that is documented, and QuestDB cannot refuse it.
   */
  private void deliverCorrections(NodesLoad load) {
    load.correct(false);
    pass(2_000, 2_500, load);
    // What is left is younger than that: each request has a few readings.
    await("little is left to deliver")
        .atMost(PATIENCE)
        .until(() -> delivery.stream().filter(TestNode::up).allMatch(node -> lag(node) < 300));
  }

  /** Readings that are left for this node to deliver to either store; 0 if it delivers none. */
  private static int lag(TestNode node) {
    return node.status().getJsonObject("sinks").values().stream()
        .map(JsonValue::asJsonObject)
        .filter(sink -> !sink.isNull("lag_readings"))
        .mapToInt(sink -> sink.getInt("lag_readings"))
        .max()
        .orElse(0);
  }

  private void begin(NodeTrouble trouble, List<TestNode> victims) throws IOException {
    switch (trouble) {
      case KILL_INGEST, KILL_DELIVERY, KILL_ALL_DELIVERY -> victims.forEach(TestNode::kill);
      case FREEZE_DELIVERY -> victims.forEach(TestNode::freeze);
      case MYSQL_AWAY -> toMysql.cut();
    }
  }

  private void end(NodeTrouble trouble, List<TestNode> victims, NodesLoad load) throws IOException {
    switch (trouble) {
      case KILL_INGEST, KILL_DELIVERY, KILL_ALL_DELIVERY -> victims.forEach(TestNode::launch);
      case FREEZE_DELIVERY -> {
        victims.forEach(TestNode::thaw);
        pass(1_000, 2_000, load);
        load.correct(true);
      }
      case MYSQL_AWAY -> toMysql.resume();
    }
  }

  /** Lets a random time pass. */
  private void pass(int leastMillis, int mostMillis, NodesLoad load) {
    Duration time = Duration.ofMillis(random.nextInt(leastMillis, mostMillis));
    await().pollDelay(time).atMost(PATIENCE).until(load::running);
  }

  /** Readings are acknowledged again. */
  private void awaitFlowing(NodesLoad load) {
    int before = ledger.acknowledgedCount();
    await("readings are acknowledged")
        .atMost(PATIENCE)
        .until(() -> {
          assertThat(load.running()).as("the load met something it must not, see above").isTrue();
          return ledger.acknowledgedCount() > before + 200;
        });
  }

  /** By those who deliver, whoever they are. What others have appended is seen within a second. */
  private void awaitNoLag(String sink) {
    await("no lag of " + sink)
        .atMost(PATIENCE)
        .pollDelay(Duration.ofMillis(1_500))
        .until(() -> {
          List<Integer> lags =
              delivery.stream()
                  .map(node -> node.status().getJsonObject("sinks").getJsonObject(sink))
                  .filter(its -> !its.isNull("lag_readings"))
                  .map(its -> its.getInt("lag_readings"))
                  .toList();
          return !lags.isEmpty() && lags.stream().allMatch(lag -> lag == 0);
        });
  }

  private static void assertAllAccountedFor(TestNode node, String store) {
    JsonObject status = node.status();
    JsonObject residues = status.getJsonObject("conservation");
    if (!residues.isNull(store)) {
      assertThat(residues.getInt(store)).as("residue of %s, %s", store, node.id()).isZero();
    }
    JsonObject sink = status.getJsonObject("sinks").getJsonObject(store);
    if (!sink.isNull("lost")) {
      assertThat(sink.getInt("lost")).as("lost by %s, %s", store, node.id()).isZero();
      assertThat(sink.getInt("dead_letters")).as("refused by %s", store).isZero();
    }
  }

  private List<TestNode> nodes() {
    return Stream.concat(ingest.stream(), delivery.stream()).toList();
  }
}
