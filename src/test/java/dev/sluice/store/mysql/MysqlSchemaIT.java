package dev.sluice.store.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.sluice.store.MigrateResult;
import dev.sluice.store.MigrationInfo;
import dev.sluice.store.MigrationInfo.State;
import dev.sluice.store.SchemaState;
import dev.sluice.testing.TestMysql;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.internal.configuration.ConfigUtils;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("mysql")
class MysqlSchemaIT {
  private static final Path MIGRATIONS = Path.of("migrations", "mysql");
  private static final String LEGACY_TABLE =
      "CREATE TABLE sensor_data (id BIGINT AUTO_INCREMENT PRIMARY KEY, device_id VARCHAR(64),"
          + " temp DOUBLE, created_at DATETIME(6))";

  private final TestMysql database = TestMysql.freshDatabase();

  @Test
  void bringsAnEmptyDatabaseUpToDateAndSaysWhatItDid() throws IOException, SQLException {
    MysqlSchema schema = schema(database);
    assertThat(schema.state()).isInstanceOf(SchemaState.Pending.class);
    assertThat(schema.state().problem()).get().asString().contains("V1", "./sluice migrate");

    MigrateResult first = schema.migrate();
    MigrateResult second = schema.migrate();

    assertThat(((MigrateResult.Migrated) first).applied())
        .extracting(MigrationInfo::version)
        .containsExactly("1", "2", "3", "4", "5");
    assertThat(second).isEqualTo(new MigrateResult.Migrated(List.of()));
    assertThat(schema.state()).isEqualTo(new SchemaState.UpToDate("mysql", "5"));
    assertThat(schema.info()).extracting(MigrationInfo::state).containsOnly(State.APPLIED);
    assertThat(schema.info()).allMatch(info -> info.checksum().isPresent());
  }

  @Test
  void tellsThatAMigratedTableIsGoneOrHasLostItsKey() throws SQLException {
    schema(database).migrate();
    database.execute("ALTER TABLE sensor_data DROP KEY sensor_data_identity");
    assertThat(schema(database).state().problem())
        .get()
        .asString()
        .contains(TableRules.ADD_IDENTITY);

    database.execute("DROP TABLE sensor_data");
    assertThat(schema(database).state()).isInstanceOf(SchemaState.Foreign.class);

    database.execute("DROP TABLE sluice_schema_history");
    assertThat(schema(database).migrate()).isInstanceOf(MigrateResult.Migrated.class);
    assertThat(schema(database).state()).isInstanceOf(SchemaState.UpToDate.class);
  }

  @Test
  void adoptsATableWithoutLosingARow() throws SQLException {
    database.execute(
        LEGACY_TABLE + " CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
        "INSERT INTO sensor_data (device_id, temp, created_at) VALUES"
            + " ('s-1', 1.5, '2026-03-29 02:30:00.123456'),"
            + " ('s-1', 2.5, '2026-03-29 02:30:00.123456'),"
            + " ('S-1', 3.5, '2026-03-29 02:30:00.123456'),"
            + " ('s-1 ', 4.5, '2026-03-29 02:30:00.123456'),"
            + " ('s-1', 5.5, '2026-03-29 02:30:00.123456'),"
            + " ('gerät-温度-🌡', -0e0, '9999-12-31 23:59:59.999999'),"
            + " (NULL, 6.5, '2026-01-01'), (NULL, 6.5, '2026-01-01'),"
            + " ('s-2', NULL, '2026-01-01'), ('s-2', 7.5, NULL), ('s-2', 7.5, NULL)");
    String legacy = "SELECT id, device_id, temp, created_at FROM sensor_data ORDER BY id";
    List<String> before = rows(database, legacy);

    MigrateResult result = schema(database).migrate();

    assertThat(result).isInstanceOf(MigrateResult.Migrated.class);
    assertThat(rows(database, legacy)).hasSize(11).isEqualTo(before);
    assertThat(rows(database, "SELECT id, superseded FROM sensor_data WHERE superseded <> 0"))
        .containsExactlyInAnyOrder("1 1", "2 2");
    assertThat(rows(database, "SELECT DISTINCT metric, value FROM sensor_data"))
        .containsExactly("temp null");
  }

  @Test
  void leavesAnIndexByTimeThatWasThereBeforeAndAddsItsOwn() throws SQLException {
    database.execute(
        LEGACY_TABLE, "CREATE INDEX for_graphs ON sensor_data (created_at, device_id)");

    MigrateResult result = schema(database).migrate();

    assertThat(result).isInstanceOf(MigrateResult.Migrated.class);
    String keys =
        "SELECT DISTINCT index_name FROM information_schema.statistics"
            + " WHERE table_schema = DATABASE() AND table_name = 'sensor_data'"
            + " AND column_name = 'created_at' AND seq_in_index = 1";
    assertThat(rows(database, keys)).containsExactlyInAnyOrder("for_graphs", "sensor_data_by_time");
  }

  @Test
  void adoptsATableInAnOldCharacterSetAndRowFormat() throws SQLException {
    database.execute(
        LEGACY_TABLE + " CHARACTER SET latin1 ROW_FORMAT = COMPACT",
        "INSERT INTO sensor_data (device_id, temp, created_at) VALUES ('kühlhaus', 1, NOW(6))");

    MigrateResult result = schema(database).migrate();

    assertThat(result).isInstanceOf(MigrateResult.Migrated.class);
    assertThat(database.query("SELECT HEX(device_id) FROM sensor_data"))
        .isEqualTo("6BC3BC686C68617573");
  }

  @Test
  void adoptedAndFreshTablesAreTheSame() throws SQLException {
    TestMysql adopted = TestMysql.freshDatabase();
    adopted.execute(LEGACY_TABLE + " CHARACTER SET latin1");

    schema(database).migrate();
    schema(adopted).migrate();

    String show = "SHOW CREATE TABLE sensor_data";
    assertThat(rows(adopted, show)).isEqualTo(rows(database, show));
  }

  @Test
  void oldWritersAndReadersGoOn() throws SQLException {
    schema(database).migrate();

    database.execute(
        "INSERT INTO sensor_data (device_id, temp, created_at) VALUES ('s', 1, '2026-01-01'),"
            + " ('S', 2, '2026-01-01'), ('s ', 3, '2026-01-01'), (NULL, 4, NULL), (NULL, 4, NULL)",
        "INSERT INTO sensor_data (device_id, metric, value, created_at)"
            + " VALUES ('s', 'humidity', 40, '2026-01-01')");

    assertThat(rows(database, "SELECT device_id, temp FROM sensor_data WHERE device_id = 's'"))
        .containsExactlyInAnyOrder("s 1.0", "s null");
    assertThat(database.query("SELECT COUNT(*) FROM sensor_data")).isEqualTo("6");
  }

  @Test
  void takesOnADatabaseThatHoldsOtherTables() {
    database.execute("CREATE TABLE invoices (id INT PRIMARY KEY)");

    MigrateResult result = schema(database).migrate();

    assertThat(result).isInstanceOf(MigrateResult.Migrated.class);
    assertThat(schema(database).state()).isEqualTo(new SchemaState.UpToDate("mysql", "5"));
  }

  @Test
  void leavesATableAloneThatIsNotTheOneOfV1() throws SQLException {
    database.execute(
        "CREATE TABLE sensor_data (id INT PRIMARY KEY, device_id VARCHAR(64), temp FLOAT,"
            + " created_at TIMESTAMP(6) NOT NULL DEFAULT NOW(6) ON UPDATE NOW(6),"
            + " value DOUBLE, site INT NOT NULL)");
    String show = "SHOW CREATE TABLE sensor_data";
    List<String> before = rows(database, show);

    SchemaState state = schema(database).state();
    MigrateResult result = schema(database).migrate();

    assertThat(state).isInstanceOf(SchemaState.Foreign.class);
    assertThat(((MigrateResult.Failed) result).reason())
        .contains(
            "column id is int",
            "column temp is float",
            "column created_at is timestamp",
            "column value has a name",
            "column site needs a value");
    assertThat(rows(database, show)).isEqualTo(before);
    assertThat(rows(database, "SHOW TABLES")).containsExactly("sensor_data");
  }

  @Test
  void namesAChangedMigration(@TempDir Path folder) throws IOException {
    schema(database).migrate();
    copyMigrations(folder);
    Path changed = folder.resolve("V3__find_identities.sql");
    Files.writeString(changed, Files.readString(changed) + "\nSELECT 1;\n");

    MysqlSchema schema = schemaFrom(folder);

    assertThat(schema.state().problem())
        .get()
        .asString()
        .contains("changed", "V3")
        .doesNotContain("V2");
    assertThat(schema.migrate()).isInstanceOf(MigrateResult.Failed.class);
  }

  @Test
  void repairTakesOnTheChecksumOfAFileThatWasRewordedAndTouchesNoTable(@TempDir Path folder)
      throws IOException, SQLException {
    schema(database).migrate();
    copyMigrations(folder);
    Path reworded = folder.resolve("V3__find_identities.sql");
    Files.writeString(reworded, Files.readString(reworded) + "\n-- a better word\n");
    String show = "SHOW CREATE TABLE sensor_data";
    List<String> before = rows(database, show);
    MysqlSchema schema = schemaFrom(folder);
    assertThat(schema.state()).isInstanceOf(SchemaState.Changed.class);

    List<String> first = schema.repair();
    List<String> second = schema.repair();

    assertThat(first).containsExactly("adopted the checksum of V3");
    assertThat(second).isEmpty();
    assertThat(schema.state()).isInstanceOf(SchemaState.UpToDate.class);
    assertThat(rows(database, show)).isEqualTo(before);
  }

  @Test
  void baselineBeginsTheHistoryOfALegacyTableOnce() throws IOException {
    database.execute(LEGACY_TABLE);

    List<String> first = schema(database).baseline();
    List<String> second = schema(database).baseline();

    assertThat(first).containsExactly("started the history sluice_schema_history at V0");
    assertThat(second).isEmpty();
    assertThat(schema(database).migrate()).isInstanceOf(MigrateResult.Migrated.class);
    assertThat(schema(database).state()).isInstanceOf(SchemaState.UpToDate.class);
  }

  @Test
  void baselineRefusesATableThatIsNotTheOneItKnows() {
    database.execute("CREATE TABLE sensor_data (sensor VARCHAR(10))");

    assertThatThrownBy(() -> schema(database).baseline())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("nothing was changed");
    assertThat(database.query("SHOW TABLES")).isEqualTo("sensor_data");
  }

  @Test
  void namesAMigrationItDoesNotKnow(@TempDir Path folder) throws IOException {
    copyMigrations(folder);
    Files.writeString(folder.resolve("V6__from_the_future.sql"), "CREATE TABLE future (i INT);\n");
    schemaFrom(folder).migrate();

    SchemaState state = schema(database).state();

    assertThat(state).isInstanceOf(SchemaState.Ahead.class);
    assertThat(state.problem()).get().asString().contains("V6 (from the future)");
  }

  @Test
  void triesAFailedMigrationAgainOnceItsCauseIsGone(@TempDir Path folder) throws IOException {
    copyMigrations(folder);
    Path broken = folder.resolve("V3__find_identities.sql");
    String whole = Files.readString(broken);
    Files.writeString(broken, whole + "\nSELECT nothing FROM nowhere;\n");

    MigrateResult failed = schemaFrom(folder).migrate();
    SchemaState after = schemaFrom(folder).state();
    Files.writeString(broken, whole);
    MigrateResult again = schemaFrom(folder).migrate();

    assertThat(((MigrateResult.Failed) failed).reason()).contains("nowhere", "./sluice migrate");
    assertThat(after.problem()).get().asString().contains("failed", "V3");
    assertThat(again).isInstanceOf(MigrateResult.Migrated.class);
    assertThat(schemaFrom(folder).state()).isInstanceOf(SchemaState.UpToDate.class);
  }

  @Test
  void aLaterRowWithoutAValueHidesNone() throws SQLException {
    database.execute(
        LEGACY_TABLE,
        "INSERT INTO sensor_data (id, device_id, temp, created_at) VALUES (7, 'a', 21.99,"
            + " '2026-01-01'), (8, 'a', NULL, '2026-01-01'), (9, 'b', 1, '2026-01-01'), (10, 'b',"
            + " 2, '2026-01-01'), (11, 'b', NULL, '2026-01-01'), (12, 'c', NULL, '2026-01-01'),"
            + " (13, 'c', NULL, '2026-01-01')");

    schema(database).migrate();

    assertThat(rows(database, "SELECT id, temp FROM sensor_data WHERE superseded = 0 ORDER BY id"))
        .containsExactly("7 21.99", "10 2.0", "13 null");
  }

  @Test
  void takesMetricsOf255Bytes() throws SQLException {
    schema(database).migrate();
    String widest = "🌡".repeat(63) + "abc";

    database.execute(
        "INSERT INTO sensor_data (device_id, metric, value, created_at) VALUES ('"
            + "🌡".repeat(32)
            + "', '"
            + widest
            + "', 1, '2026-01-01'), ('a', '"
            + "x".repeat(255)
            + "', 1, '2026-01-01')");

    assertThat(rows(database, "SELECT LENGTH(metric) FROM sensor_data ORDER BY id"))
        .containsExactly("255", "255");
  }

  @Test
  void saysThatTheStoreDoesNotAnswer() {
    MysqlSchema schema = new MysqlSchema("jdbc:mysql://127.0.0.1:1/nowhere", "u", "p");

    assertThat(schema.state()).isInstanceOf(SchemaState.Unreachable.class);
    assertThat(schema.migrate()).isInstanceOf(MigrateResult.Failed.class);
  }

  @Test
  void givesUpOnAServerThatAcceptsAndSaysNothing() throws IOException {
    try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      String url = "jdbc:mysql://127.0.0.1:" + silent.getLocalPort() + "/silent";

      SchemaState state =
          assertTimeoutPreemptively(
              Duration.ofMinutes(2), () -> new MysqlSchema(url, "u", "p").state());

      assertThat(state).isInstanceOf(SchemaState.Unreachable.class);
    }
  }

  @Test
  void theStockToolWithItsConfigFileDoesTheSame() throws SQLException {
    TestMysql byTool = TestMysql.freshDatabase();
    for (TestMysql each : List.of(database, byTool)) {
      each.execute(LEGACY_TABLE, "INSERT INTO sensor_data (device_id) VALUES ('s')");
    }
    Map<String, String> settings =
        new TreeMap<>(
            ConfigUtils.loadConfigurationFile(
                new File("migrations/flyway-mysql.conf"), "UTF-8", true));
    settings.put("flyway.url", byTool.url());
    settings.put("flyway.user", byTool.user());
    settings.put("flyway.password", byTool.password());

    Flyway.configure().configuration(settings).load().migrate();
    schema(database).migrate();

    String history =
        "SELECT installed_rank, version, description, type, script, checksum, success"
            + " FROM sluice_schema_history ORDER BY installed_rank";
    assertThat(rows(byTool, history)).hasSize(6).isEqualTo(rows(database, history));
    assertThat(schema(byTool).state()).isEqualTo(new SchemaState.UpToDate("mysql", "5"));
    String show = "SHOW CREATE TABLE sensor_data";
    assertThat(rows(byTool, show)).isEqualTo(rows(database, show));
  }

  private static MysqlSchema schema(TestMysql database) {
    return new MysqlSchema(database.url(), database.user(), database.password());
  }

  private MysqlSchema schemaFrom(Path folder) {
    return new MysqlSchema(
        database.url(), database.user(), database.password(), "filesystem:" + folder);
  }

  private static void copyMigrations(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(MIGRATIONS)) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
  }

  private static List<String> rows(TestMysql database, String sql) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      int columns = result.getMetaData().getColumnCount();
      while (result.next()) {
        List<String> row = new ArrayList<>();
        for (int i = 1; i <= columns; i++) {
          row.add(String.valueOf(result.getString(i)));
        }
        rows.add(String.join(" ", row));
      }
    }
    return rows;
  }
}
