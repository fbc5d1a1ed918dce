package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.store.questdb.QuestDbServer;
import dev.sluice.testing.LegacyTable;
import dev.sluice.testing.Operator;
import dev.sluice.testing.ServeFixture;
import dev.sluice.testing.SluiceProcess;
import dev.sluice.testing.Stores;
import dev.sluice.testing.TestMysql;
import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What was proven of two tables counts for nothing once one of them is another table: it is told,
 * the guards refuse, and the way out that is told leads to a flip.
 */
@Tag("mysql")
class ProvenTablesIT {
  private static final int ROWS = 5_000;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path directory;

  private TestMysql mysql;
  private ServeFixture fixture;
  private long sent;

  @BeforeEach
  void migrate() {
    mysql = TestMysql.freshDatabase();
    LegacyTable.create(mysql, ROWS);
    fixture = ServeFixture.migrated(directory, mysql);
  }

  @Test
  void questDbIsGoneAndMadeAnew() throws Exception {
    try (SluiceProcess sluice = start();
        Operator operator = operator(sluice)) {
      prove(sluice, operator);
    }
    delete(questDb());
    migrateAgain();

    try (SluiceProcess sluice = start();
        Operator operator = operator(sluice)) {
      assertDeparted(operator, "questdb", "questdb");

      followTheWayOut(operator, sluice);
      operator.flip("questdb");
      assertThat(operator.get("/v1/status").get("tables")).isEqualTo(JsonValue.NULL);
      sluice.awaitCaughtUp("questdb");
      awaitQuestDb(fixture, mysqlReadings());
    }
  }

  @Test
  @Tag("long")
  void anOlderCopyOfQuestDbIsRestored() throws Exception {
    try (SluiceProcess sluice = start();
        Operator operator = operator(sluice)) {
      prove(sluice, operator);
    }
    Path copy = directory.resolve("copy");
    copy(questDb(), copy);
    try (SluiceProcess sluice = start();
        Operator operator = operator(sluice)) {
      send(sluice, 500);
      operator.verify("needed");
      assertThat(operator.report("questdb").getBoolean("ready")).isTrue();
    }
    delete(questDb());
    copy(copy, questDb());

    try (SluiceProcess sluice = start();
        Operator operator = operator(sluice)) {
      assertDeparted(operator, "questdb", "questdb");

      followTheWayOut(operator, sluice);
      operator.flip("questdb");
      awaitQuestDb(fixture, mysqlReadings());
    }
  }

  @Test
  @Tag("long")
  void aRestartAndAKillAreNoOtherTable() throws Exception {
    try (SluiceProcess sluice = start();
        Operator operator = operator(sluice)) {
      prove(sluice, operator);
      send(sluice, 200);
      sluice.kill();
    }
    try (SluiceProcess sluice = start();
        Operator operator = operator(sluice)) {
      send(sluice, 200);
      assertThat(operator.get("/v1/status").get("tables")).isEqualTo(JsonValue.NULL);
      assertThat(operator.get("/v1/backfill").getString("state")).isEqualTo("complete");
      operator.verify("needed");
      operator.flip("questdb");
    }
  }

  @ParameterizedTest
  @Tag("long")
  @ValueSource(strings = {"DROP TABLE readings", "TRUNCATE TABLE readings"})
  void aRemoteTableIsEmptiedWhileSluiceRuns(String statement) throws Exception {
    try (QuestDbServer server = new QuestDbServer(directory.resolve("remote"), "sync")) {
      server.start();
      String[] remote = {
        "questdb.mode=remote",
        "questdb.url=http://127.0.0.1:" + server.port(),
        "cutover.initial-phase=mysql"
      };
      try (SluiceProcess sluice = fixture.start(remote);
          Operator operator = operator(sluice)) {
        operator.flip("mirror");
        prove(sluice, operator);
        JsonObject report = operator.report("questdb");
        assertThat(report.getBoolean("ready")).as("%s", report).isTrue();

        awaitMarkOf("questdb", ROWS);
        server.execute(statement);
        migrateAgain(remote);
        send(sluice, 10);

        await().atMost(PATIENCE).until(() -> departed(operator).size() == 1);
        Operator.Answer refused = operator.flipWith("questdb", report);
        assertThat(refused.status()).as("%s", refused).isEqualTo(409);
        assertDeparted(operator, "questdb", "questdb");

        followTheWayOut(operator, sluice);
        await().atMost(PATIENCE).until(() -> operator.report("questdb").getBoolean("ready"));
        operator.flip("questdb");
        await().atMost(PATIENCE).until(() -> Stores.questDb(server.pg()).size() >= mysqlReadings());
      }
    }
  }

  @Test
  @Tag("long")
  void mySqlsTableIsRestoredFromAnOlderDumpWhileSluiceRuns() throws Exception {
    try (SluiceProcess sluice = start();
        Operator operator = operator(sluice)) {
      prove(sluice, operator);
      mysql.execute(
          "CREATE TABLE dump LIKE sensor_data", "INSERT INTO dump SELECT * FROM sensor_data");
      send(sluice, 300);
      operator.verify("needed");
      JsonObject report = operator.report("questdb");
      assertThat(report.getBoolean("ready")).as("%s", report).isTrue();

      mysql.execute("DROP TABLE sensor_data", "RENAME TABLE dump TO sensor_data");

      await().atMost(PATIENCE).until(() -> departed(operator).size() == 1);
      assertThat(operator.flipWith("questdb", report).status()).isEqualTo(409);
      assertDeparted(operator, "questdb", "mysql");
      assertThat(Stores.questDb(fixture.pg()).size()).isGreaterThan((int) mysqlReadings());

      giveMySqlWhatOnlyQuestDbHas(operator, sluice);
      followTheWayOut(operator, sluice);
      operator.flip("questdb");
      assertThat(mysqlReadings()).isGreaterThanOrEqualTo(ROWS + 800);
    }
  }

  /** The journal has not grown in between: the offset is the same. */
  @Test
  @Tag("long")
  void aMirrorThatIsLeftAndJoinedAgainIsProvenAnew() throws Exception {
    try (SluiceProcess sluice = fixture.start("cutover.initial-phase=mysql");
        Operator operator = operator(sluice)) {
      operator.flip("mirror");
      operator.backfill(Map.of());
      operator.verify("needed");
      operator.flip("mysql");
      mysql.execute(
          "INSERT INTO sensor_data (device_id, temp, created_at)"
              + " VALUES ('from-the-old-service', 1, '2026-01-01')");

      operator.flip("mirror");

      assertThat(operator.get("/v1/backfill").getString("state")).isEqualTo("cancelled");
      assertThat(failed(operator.report("questdb"))).contains("backfill", "parity");
      followTheWayOut(operator, sluice);
      operator.flip("questdb");
      awaitQuestDb(fixture, mysqlReadings());
    }
  }

  @Test
  @Tag("long")
  void anotherDatabaseAnswersForMySql() throws Exception {
    try (SluiceProcess sluice = start();
        Operator operator = operator(sluice)) {
      prove(sluice, operator);
    }
    TestMysql other = TestMysql.freshDatabase();
    LegacyTable.create(other, ROWS + 1_000);
    ServeFixture elsewhere = ServeFixture.migrated(directory.resolve("other"), other);

    try (SluiceProcess sluice =
            SluiceProcess.start(
                directory,
                "serve",
                fixture.with(
                    "mysql.url=" + other.url(),
                    "mysql.user=" + other.user(),
                    "mysql.password=" + other.password()));
        Operator operator = operator(sluice)) {
      assertThat(elsewhere.mysql()).isEqualTo(other);
      assertDeparted(operator, "questdb", "mysql");

      giveMySqlWhatOnlyQuestDbHas(operator, sluice);
      followTheWayOut(operator, sluice);
      operator.flip("questdb");
      long all = Long.parseLong(other.query("SELECT COUNT(*) FROM sensor_data"));
      assertThat(all).isGreaterThanOrEqualTo(ROWS + 1_500);
      awaitQuestDb(fixture, all);
    }
  }

  @Test
  @Tag("long")
  void theWayBackIsRefusedToATableThatIsNotTheOneThatWasLeft() throws Exception {
    try (SluiceProcess sluice = start();
        Operator operator = operator(sluice)) {
      prove(sluice, operator);
      operator.flip("questdb");
      mysql.execute(
          "CREATE TABLE dump LIKE sensor_data", "INSERT INTO dump SELECT * FROM sensor_data");
      send(sluice, 300);
      await().atMost(PATIENCE).until(() -> operator.report("mirror").getBoolean("ready"));
      send(sluice, 1);
      sluice.awaitCaughtUp("mysql");

      mysql.execute("DROP TABLE sensor_data", "RENAME TABLE dump TO sensor_data");

      await().atMost(PATIENCE).until(() -> departed(operator).size() == 1);
      assertThat(failed(operator.report("mirror"))).containsExactly("tables");
    }
  }

  @Test
  @Tag("long")
  void theWayBackIsOpenWhenQuestDbsTableIsAnotherOne() throws Exception {
    try (SluiceProcess sluice = start();
        Operator operator = operator(sluice)) {
      prove(sluice, operator);
      operator.flip("questdb");
    }
    delete(questDb());
    migrateAgain();

    try (SluiceProcess sluice = start();
        Operator operator = operator(sluice)) {
      assertThat(departed(operator).getJsonObject(0).getString("why")).contains("sluice rollback");
      operator.flip("mirror");
      assertThat(departed(operator).getJsonObject(0).getString("why"))
          .contains("sluice backfill start");
      followTheWayOut(operator, sluice);
      operator.flip("questdb");
      awaitQuestDb(fixture, mysqlReadings());
    }
  }

  private SluiceProcess start() {
    return fixture.start();
  }

  private static Operator operator(SluiceProcess sluice) {
    return new Operator(() -> sluice.url("admin"));
  }

  /** A whole mirror: readings, a backfill, a verify; ready to flip. */
  private void prove(SluiceProcess sluice, Operator operator) throws Exception {
    send(sluice, 500);
    operator.backfill(Map.of());
    operator.verify("needed");
    await().atMost(PATIENCE).until(() -> operator.report("questdb").getBoolean("ready"));
  }

  /** What {@code status} and the guards tell to do. */
  private static void followTheWayOut(Operator operator, SluiceProcess sluice) {
    operator.backfill(Map.of());
    operator.verify("needed");
    sluice.awaitCaughtUp("mysql");
  }

  /** The older table is not made the truth; what it lacks is listed, to be sent again. */
  private static void giveMySqlWhatOnlyQuestDbHas(Operator operator, SluiceProcess sluice)
      throws Exception {
    Map<String, Object> backfill = Map.of("action", "start");
    assertThat(operator.post("/v1/backfill", backfill).toString()).contains("verify start");
    operator.verify("needed");
    assertThat(operator.post("/v1/backfill", backfill).toString()).contains("verify repair");
    JsonObject repair =
        operator.post("/v1/verify", Map.of("action", "repair", "execute", true)).ok();
    String list = Files.readString(Path.of(repair.getString("to_send_file")));
    assertThat(sluice.post("/v1/readings", "application/x-ndjson", list).statusCode())
        .isEqualTo(204);
    sluice.awaitCaughtUp("mysql");
    operator.verify("needed");
  }

  private static void assertDeparted(Operator operator, String to, String store) {
    await().atMost(PATIENCE).until(() -> departed(operator).size() == 1);
    JsonObject departure = departed(operator).getJsonObject(0);
    assertThat(departure.getString("store")).isEqualTo(store);
    assertThat(departure.getString("why")).contains("sluice backfill start", "sluice verify start");
    assertThat(operator.get("/v1/backfill").getString("state")).isEqualTo("cancelled");
    JsonObject report = operator.report(to);
    assertThat(report.getBoolean("ready")).isFalse();
    assertThat(failed(report)).contains("tables", "backfill", "parity");
    assertThat(operator.get("/v1/cutover").getString("phase")).isEqualTo("mirror");
  }

  private static List<String> failed(JsonObject report) {
    return report.getJsonArray("guards").getValuesAs(JsonObject.class).stream()
        .filter(guard -> !guard.getBoolean("passed"))
        .map(guard -> guard.getString("name"))
        .toList();
  }

  private static JsonArray departed(Operator operator) {
    return operator.get("/v1/status").get("tables") instanceof JsonArray all
        ? all
        : JsonValue.EMPTY_JSON_ARRAY;
  }

  /** Until the kept mark has so many rows at least. */
  private void awaitMarkOf(String store, int rows) {
    Path marks = directory.resolve("data/cutover/tables.json");
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(() -> {
          try (JsonReader reader = Json.createReader(Files.newBufferedReader(marks))) {
            JsonObject mark = reader.readObject().getJsonObject("marks").getJsonObject(store);
            return Integer.parseInt(mark.getString("top")) >= rows;
          }
        });
  }

  private void send(SluiceProcess sluice, int readings) throws Exception {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < readings; i++) {
      lines.append("temp,device_id=d-").append(i % 7).append(" value=").append(i);
      lines.append(' ').append(1_795_300_000_000_000L + sent++).append('\n');
    }
    assertThat(sluice.post("/write?precision=u", "text/plain", lines.toString()).statusCode())
        .isEqualTo(204);
    sluice.awaitCaughtUp("mysql");
    sluice.awaitCaughtUp("questdb");
  }

  private long mysqlReadings() {
    return Long.parseLong(mysql.query("SELECT COUNT(*) FROM sensor_data"));
  }

  private static void awaitQuestDb(ServeFixture fixture, long readings) {
    await().atMost(PATIENCE).until(() -> Stores.questDb(fixture.pg()).size() >= readings);
  }

  private Path questDb() {
    return directory.resolve("data").resolve("questdb");
  }

  /** In a folder of its own: what a running Sluice has printed must stay. */
  private void migrateAgain(String... changed) {
    Path printed = directory.resolve("migrate");
    try (SluiceProcess migrate = SluiceProcess.launch(printed, "migrate", fixture.with(changed))) {
      assertThat(migrate.awaitExit(Duration.ofMinutes(2))).as(migrate.log()).isZero();
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      all.forEach(each -> {
        try {
          Files.copy(each, to.resolve(from.relativize(each).toString()));
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      });
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      all.sorted((a, b) -> b.compareTo(a))
          .forEach(each -> {
            try {
              Files.delete(each);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
  }
}
