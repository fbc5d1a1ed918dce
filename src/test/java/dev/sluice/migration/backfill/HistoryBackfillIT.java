package dev.sluice.migration.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.api.BackfillStatus;
import dev.sluice.migration.LiveStores;
import dev.sluice.migration.Successor;
import dev.sluice.migration.VisibleLag;
import dev.sluice.migration.backfill.BackfillConfig.Decision;
import dev.sluice.migration.parity.ParityMap;
import dev.sluice.reading.Identity;
import dev.sluice.reading.Reading;
import dev.sluice.store.History.RowClass;
import dev.sluice.store.ReadingScan;
import dev.sluice.store.ReadingStream;
import dev.sluice.store.mysql.MysqlConfig;
import dev.sluice.store.mysql.MysqlFixture;
import dev.sluice.store.mysql.MysqlHistory;
import dev.sluice.store.mysql.MysqlScan;
import dev.sluice.store.mysql.MysqlSink;
import dev.sluice.store.questdb.QuestDbConfig;
import dev.sluice.store.questdb.QuestDbSchema;
import dev.sluice.store.questdb.TestConfigs;
import dev.sluice.store.questdb.engine.EmbeddedQuestDb;
import dev.sluice.store.questdb.engine.QuestDbSink;
import dev.sluice.testing.TestMysql;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Years of rows in a MySQL server are copied into an embedded QuestDB, corrections coming in. */
@Tag("mysql")
class HistoryBackfillIT {
  private static final int ROWS = Integer.getInteger("sluice.test.legacy-rows", 50_000);
  private static final int PER_DAY = ROWS / 3;
  private static final int DEVICES = 100;
  private static final long DAY = 86_400_000_000L;
  private static final long FIRST = 20_000 * DAY;

  @TempDir Path data;

  private TestMysql server;
  private MysqlSink mysql;
  private MysqlHistory history;
  private MysqlScan mysqlScan;
  private EmbeddedQuestDb database;
  private QuestDbSink questDb;
  private QuestDbSink chunkSink;
  private ReadingScan questDbScan;
  private LiveStores stores;
  private VisibleLag lag;
  private HistoryBackfill backfill;

  @BeforeEach
  void open() throws Exception {
    server = MysqlFixture.migrated();
    MysqlConfig mysqlConfig = MysqlFixture.config(server, 2, 5_000);
    mysql = new MysqlSink(mysqlConfig, Optional::empty, Optional.empty());
    history = new MysqlHistory(mysqlConfig, Duration.ofDays(1), Optional.empty());
    mysqlScan = new MysqlScan(mysqlConfig, Optional.empty());
    openQuestDb();
    InstantSource clock = InstantSource.system();
    stores =
        new LiveStores(
            data,
            new LiveStores.Ports(
                mysql, mysqlScan, questDb, chunkSink, questDbScan, database.mirror()),
            history,
            ParityMap.open(data.resolve("verify"), Successor.NOBODY, clock),
            clock);
    lag = new VisibleLag(stores);
    lag.start();
    backfill = newBackfill();
  }

  private void openQuestDb() throws Exception {
    QuestDbConfig config = TestConfigs.embedded(data.resolve("questdb"));
    database = EmbeddedQuestDb.open(config);
    new QuestDbSchema(database.sql()::execute, database.sql()::query).migrate();
    questDb = new QuestDbSink(database, config);
    chunkSink = new QuestDbSink(database, config);
    questDbScan = database.scan();
  }

  @AfterEach
  void close() {
    backfill.close();
    lag.close();
    stores.close();
    mysql.close();
    history.close();
    mysqlScan.close();
    questDb.close();
    chunkSink.close();
    database.close();
  }

  @ParameterizedTest(name = "ids run with time: {0}")
  @ValueSource(booleans = {true, false})
  void bothStoresHoldTheSameAfterACopyWithCorrectionsComingIn(boolean byId) throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    insertHistory(byId);
    server.execute(
        "INSERT INTO sensor_data (device_id, temp, created_at) VALUES ('no-value', NULL,"
            + " '2024-10-04 00:00:00')",
        "INSERT INTO sensor_data (device_id, temp, created_at) VALUES ('early', 1,"
            + " '1969-12-31 23:59:59')");
    if (!byId) {
      backfill.start(Map.of());
      awaitState("failed");
      assertThat(backfill.status().why()).contains("incomplete 1", "before-1970 1");
      assertThat(Files.readAllLines(data.resolve("backfill/findings.ndjson"))).hasSize(2);
    }

    CountDownLatch ended = new CountDownLatch(1);
    Thread load = Thread.ofPlatform().start(() -> correct(new Random(seed), ended));
    backfill.start(Map.of(RowClass.INCOMPLETE, Decision.SKIP, RowClass.BEFORE_1970, Decision.SKIP));
    await().atMost(Duration.ofMinutes(1)).until(() -> copied() > ROWS / 5);
    // As a process that stops: the next one goes on from the checkpoint.
    backfill.close();
    assertThat(copied()).isLessThan(ROWS);
    backfill = newBackfill();
    backfill.resumeAfterStart();
    awaitState("complete");
    BackfillStatus done = backfill.status();
    ended.countDown();
    load.join();
    stores.awaitDelivered();

    Map<Identity, Double> expected = all(mysqlScan);
    await().atMost(Duration.ofMinutes(1)).until(() -> applied() && all(questDbScan).size() > 0);
    assertThat(all(questDbScan).equals(expected)).as("seed %d", seed).isTrue();
    assertThat(expected.size()).isGreaterThanOrEqualTo(ROWS);
    assertThat(done.walk()).isEqualTo(byId ? "id" : "time");
    assertThat(Files.readAllLines(data.resolve("backfill/findings.ndjson"))).hasSize(2);
    assertThat(done.rowsSkipped()).as("%s", done).isEqualTo(1);
    assertThat(done.rowsCopied() + done.rowsSuperseded() + 1)
        .as("%s", done)
        .isEqualTo(done.rowsTotal());
  }

  private HistoryBackfill newBackfill() {
    return new HistoryBackfill(
        new BackfillConfig(
            data.resolve("backfill"),
            2_000,
            0,
            Duration.ofSeconds(10),
            Duration.ofMinutes(1),
            1_000,
            Map.of()),
        stores,
        () -> Duration.ZERO,
        lag,
        InstantSource.system(),
        () -> true,
        Successor.NOBODY);
  }

  private void insertHistory(boolean inOrderOfTime) throws SQLException {
    // One round trip for ten thousand rows, not for each.
    String url = server.url() + "?rewriteBatchedStatements=true";
    try (Connection connection =
            DriverManager.getConnection(url, server.user(), server.password());
        PreparedStatement insert =
            connection.prepareStatement(
                "INSERT INTO sensor_data (device_id, temp, created_at) VALUES (?, ?,"
                    + " TIMESTAMPADD(MICROSECOND, ?, '1970-01-01'))")) {
      connection.setAutoCommit(false);
      for (int i = 0; i < ROWS; i++) {
        int at = inOrderOfTime ? i : (int) ((i * 7_919L) % ROWS);
        insert.setString(1, device(at));
        insert.setDouble(2, -1 - at);
        insert.setLong(3, ts(at));
        insert.addBatch();
        if (i % 10_000 == 9_999) {
          insert.executeBatch();
        }
      }
      connection.commit();
    }
  }

  /** Corrects what is there, and adds what is not, all over the time that is copied. */
  private void correct(Random random, CountDownLatch ended) {
    try {
      for (int i = 1; !ended.await(random.nextInt(2_000), TimeUnit.MICROSECONDS); i++) {
        int at = random.nextInt(ROWS);
        boolean fresh = random.nextInt(10) == 0;
        stores.append(new Reading(fresh ? "new-" + i % DEVICES : device(at), "temp", ts(at), i));
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static String device(int at) {
    return "s-" + at % DEVICES;
  }

  private static long ts(int at) {
    return FIRST + at / PER_DAY * DAY + at % PER_DAY * 1_000_000L;
  }

  private static Map<Identity, Double> all(ReadingScan scan) throws Exception {
    Map<Identity, Double> all = new HashMap<>();
    try (ReadingStream stream = scan.scan(0, Reading.MAX_TS_MICROS)) {
      while (stream.next()) {
        Identity identity = new Identity(stream.device(), stream.metric(), stream.tsMicros());
        assertThat(all.put(identity, stream.value())).as("%s twice", identity).isNull();
      }
    }
    return all;
  }

  private boolean applied() throws Exception {
    var status = database.mirror().walStatus();
    return status.writerTxn() >= status.sequencerTxn();
  }

  private long copied() {
    return backfill.status().rowsCopied();
  }

  private void awaitState(String state) {
    await()
        .atMost(Duration.ofMinutes(2))
        .untilAsserted(() ->
            assertThat(backfill.status().state()).as("%s", backfill.status()).isEqualTo(state));
  }
}
