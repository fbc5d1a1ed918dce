package dev.sluice.migration.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.api.MismatchCounts;
import dev.sluice.api.RepairResult;
import dev.sluice.api.VerifyStatus;
import dev.sluice.api.VerifyStatus.Control;
import dev.sluice.migration.LiveStores;
import dev.sluice.migration.ParityWorld;
import dev.sluice.migration.RefusedException;
import dev.sluice.migration.Successor;
import dev.sluice.migration.parity.Hours;
import dev.sluice.migration.parity.ParityMap;
import dev.sluice.migration.verify.Verify.Scope;
import dev.sluice.reading.Identity;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.ReadingScan;
import dev.sluice.store.ReadingStream;
import dev.sluice.store.Sink;
import dev.sluice.store.WriteResult;
import dev.sluice.store.mysql.MysqlConfig;
import dev.sluice.store.mysql.MysqlFixture;
import dev.sluice.store.mysql.MysqlScan;
import dev.sluice.store.mysql.MysqlSink;
import dev.sluice.store.questdb.QuestDbConfig;
import dev.sluice.store.questdb.QuestDbSchema;
import dev.sluice.store.questdb.TestConfigs;
import dev.sluice.store.questdb.engine.EmbeddedQuestDb;
import dev.sluice.store.questdb.engine.QuestDbSink;
import dev.sluice.testing.TestMysql;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Verify and repair over a MySQL server and an embedded QuestDB. */
@Tag("mysql")
class StoreVerifyIT {
  private static final long HOUR = ParityWorld.HOUR;
  private static final long NEXT_HOUR = HOUR + Hours.HOUR_MICROS;

  @TempDir Path data;

  private EmbeddedQuestDb database;
  private Sink mysql;
  private Sink questDb;
  private Sink chunkSink;
  private MysqlScan mysqlScan;
  private ReadingScan questDbScan;
  private LiveStores stores;
  private ParityMap parity;
  private StoreVerify verify;

  @BeforeEach
  void open() throws IOException {
    TestMysql server = MysqlFixture.migrated();
    MysqlConfig mysqlConfig = MysqlFixture.config(server, 2, 5_000);
    mysql = new MysqlSink(mysqlConfig, Optional::empty, Optional.empty());
    mysqlScan = new MysqlScan(mysqlConfig, Optional.empty());
    QuestDbConfig questDbConfig = TestConfigs.embedded(data.resolve("questdb"));
    database = EmbeddedQuestDb.open(questDbConfig);
    new QuestDbSchema(database.sql()::execute, database.sql()::query).migrate();
    questDb = new QuestDbSink(database, questDbConfig);
    chunkSink = new QuestDbSink(database, questDbConfig);
    questDbScan = database.scan();
    InstantSource clock = InstantSource.system();
    parity = ParityMap.open(data.resolve("verify"), Successor.NOBODY, clock);
    stores =
        new LiveStores(
            data,
            new LiveStores.Ports(
                mysql, mysqlScan, questDb, chunkSink, questDbScan, database.mirror()),
            parity,
            clock);
    verify =
        new StoreVerify(
            new VerifyConfig(
                data.resolve("verify"), 1 << 20, Duration.ofSeconds(30), Duration.ofMinutes(15)),
            parity,
            stores,
            clock,
            () -> true);
  }

  @AfterEach
  void close() throws InterruptedException {
    verify.stopAndWait(Duration.ofSeconds(30));
    stores.close();
    mysql.close();
    mysqlScan.close();
    questDb.close();
    chunkSink.close();
    database.close();
  }

  @Test
  void findsAndRepairsExactlyThePlantedKeys() throws Exception {
    List<Reading> readings = new ArrayList<>();
    for (int i = 0; i < 4_000; i++) {
      long hour = i % 2 == 0 ? HOUR : NEXT_HOUR;
      readings.add(new Reading("s-" + i, "temp", hour + 1_000L * (i / 200), i % 7 == 0 ? -0.0 : i));
    }
    write(mysql, readings);
    write(chunkSink, readings);
    stores.append(new Reading("live", "humidity", NEXT_HOUR + 17, 0.1 + 0.2));
    stores.awaitDelivered();
    assertThat(run(Scope.CONTROL_MYSQL).control()).isEqualTo(new Control("mysql", 4001, 0));
    assertThat(run(Scope.CONTROL_QUESTDB).control()).isEqualTo(new Control("questdb", 4001, 0));
    VerifyStatus clean = run(Scope.NEEDED);
    assertThat(clean.state()).as("%s", clean).isEqualTo("done");
    assertThat(clean.objection()).as("%s", clean).isNull();

    // A flipped value, a missing row, an extra row, and one moved over the hour's edge.
    write(
        chunkSink,
        List.of(
            new Reading("s-10", "temp", readings.get(10).tsMicros(), 10.5),
            new Reading("surplus", "temp", HOUR + 5, 5),
            new Reading("moved", "temp", NEXT_HOUR, 7)));
    write(
        mysql,
        List.of(
            new Reading("lacking", "temp", NEXT_HOUR + 6, 6),
            new Reading("moved", "temp", NEXT_HOUR - 1, 7)));
    VerifyStatus found = run(Scope.ALL);

    List<String> planted =
        List.of(
            "extra moved 2026-11-20T11:00:00.000000Z",
            "extra surplus 2026-11-20T10:00:00.000005Z",
            "missing lacking 2026-11-20T11:00:00.000006Z",
            "missing moved 2026-11-20T10:59:59.999999Z",
            "value s-10 2026-11-20T10:00:00.000000Z");
    assertThat(mismatches()).as("%s", found).containsExactlyElementsOf(planted);

    assertThat(verify.repair(false).repaired()).isEqualTo(new MismatchCounts(2, 2, 1, 0));
    assertThat(mismatches()).containsExactlyElementsOf(planted);
    RepairResult repaired = verify.repair(true);

    assertThat(repaired.repaired()).isEqualTo(new MismatchCounts(2, 2, 1, 0));
    assertThat(repaired.notRepaired()).isEmpty();
    VerifyStatus after = awaitEnd();
    assertThat(after.state()).as("%s", after).isEqualTo("done");
    assertThat(after.hours().matched()).as("%s", after).isEqualTo(2);
    assertThat(verify.objection()).isEmpty();
    assertThat(mismatches()).isEmpty();
    assertThat(all(questDbScan)).containsExactlyInAnyOrderElementsOf(all(mysqlScan));
    assertThat(all(questDbScan))
        .extracting(Reading::identity)
        .contains(new Identity("moved", "temp", NEXT_HOUR - 1))
        .doesNotContain(new Identity("moved", "temp", NEXT_HOUR))
        .hasSize(4_003);
  }

  @Test
  void countsNothingThatIsOnlyUnderWay() throws Exception {
    Thread load =
        Thread.ofVirtual()
            .start(() -> {
              for (int i = 0; i < 3_000; i++) {
                stores.append(new Reading("s-" + i % 50, "temp", HOUR + i / 10, i));
              }
            });

    for (int i = 0; i < 5; i++) {
      VerifyStatus end = run(Scope.ALL);
      assertThat(end.state()).as("%s", end).isEqualTo("done");
      assertThat(mismatches()).isEmpty();
    }

    load.join();
    stores.awaitDelivered();
    run(Scope.NEEDED);
    assertThat(parity.hour(HOUR).orElseThrow().state()).isEqualTo("matched");
    assertThat(all(questDbScan)).containsExactlyInAnyOrderElementsOf(all(mysqlScan));
  }

  private VerifyStatus run(Scope scope) throws RefusedException {
    verify.start(scope);
    return awaitEnd();
  }

  private VerifyStatus awaitEnd() {
    await().atMost(Duration.ofMinutes(2)).until(() -> !verify.status().state().equals("running"));
    return verify.status();
  }

  private List<String> mismatches() throws IOException {
    List<String> found = new ArrayList<>();
    try (var files = Files.list(data.resolve("verify/mismatches"))) {
      for (Path file : files.toList()) {
        for (String line : Files.readAllLines(file)) {
          try (JsonReader reader = Json.createReader(new StringReader(line))) {
            JsonObject json = reader.readObject();
            found.add(
                String.join(
                    " ",
                    json.getString("class"),
                    json.getString("device_id"),
                    json.getString("ts")));
          }
        }
      }
    }
    return found.stream().sorted().toList();
  }

  private static void write(Sink sink, List<Reading> readings) {
    ReadingBatch batch = new ReadingBatch();
    batch.clear(0);
    readings.forEach(batch::add);
    assertThat(sink.write(batch)).isInstanceOf(WriteResult.Written.class);
  }

  private static List<Reading> all(ReadingScan scan) throws Exception {
    List<Reading> all = new ArrayList<>();
    try (ReadingStream stream = scan.scan(0, Reading.MAX_TS_MICROS + 1)) {
      while (stream.next()) {
        all.add(new Reading(stream.device(), stream.metric(), stream.tsMicros(), stream.value()));
      }
    }
    return all;
  }
}
