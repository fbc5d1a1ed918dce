package dev.sluice.store.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.store.MigrateResult;
import dev.sluice.store.SchemaState;
import dev.sluice.testing.TestMysql;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The shapes a team's own table comes in: adopted, or refused by name with what mends it. */
@Tag("mysql")
class LegacyTableIT {
  private static final String EVERY_MODE =
      "ANSI,TRADITIONAL,NO_BACKSLASH_ESCAPES,ONLY_FULL_GROUP_BY,HIGH_NOT_PRECEDENCE";
  private static final String ROW =
      "INSERT INTO sensor_data (device_id, temp, created_at) VALUES ('a', 1.5, '2026-01-01')";

  /**
   * A table that is refused.
   *
   * @param name of it
   * @param says what the refusal names
   * @param byTool what that of the stock tool names
   * @param setup makes it
   */
  record Refused(String name, String says, String byTool, List<String> setup) {
    @Override
    public String toString() {
      return name;
    }
  }

  /** A table that is adopted. */
  record Adopted(String name, List<String> setup) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static String table(String columns) {
    return "CREATE TABLE sensor_data (" + columns + ")";
  }

  private static String with(String more) {
    return table(
        "id BIGINT AUTO_INCREMENT PRIMARY KEY, device_id VARCHAR(64), temp DOUBLE,"
            + " created_at DATETIME(6)"
            + more);
  }

  private static Refused refused(String name, String says, String byTool, String... setup) {
    return new Refused(name, says, byTool, List.of(setup));
  }

  private static Adopted adopted(String name, String... setup) {
    return new Adopted(name, List.of(setup));
  }

  static Stream<Refused> refused() {
    return Stream.of(
        refused(
            "a unique key of device and time",
            "unique key u (device_id, created_at)",
            "another unique key, u (device_id,created_at)",
            with(", UNIQUE KEY u (device_id, created_at)")),
        refused(
            "a unique key over a column with a default",
            "unique key u (created_at, site)",
            "another unique key",
            with(", site INT DEFAULT 1, UNIQUE KEY u (created_at, site)")),
        refused(
            "a unique key over a generated column",
            "unique key u (hash)",
            "another unique key",
            with(
                ", hash VARCHAR(64) GENERATED ALWAYS AS (UPPER(device_id)) STORED,"
                    + " UNIQUE KEY u (hash)")),
        refused(
            "times without fraction",
            "column created_at is datetime, not datetime(6)",
            "column created_at is datetime",
            table(
                "id BIGINT AUTO_INCREMENT PRIMARY KEY, device_id VARCHAR(64), temp DOUBLE,"
                    + " created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP")),
        refused(
            "timestamps",
            "column created_at is timestamp(6)",
            "column created_at is timestamp(6)",
            table(
                "id BIGINT AUTO_INCREMENT PRIMARY KEY, device_id VARCHAR(64), temp DOUBLE,"
                    + " created_at TIMESTAMP(6) NULL")),
        refused(
            "times that change by themselves",
            "column created_at changes by itself",
            "column created_at",
            table(
                "id BIGINT AUTO_INCREMENT PRIMARY KEY, device_id VARCHAR(64), temp DOUBLE,"
                    + " created_at DATETIME(6) DEFAULT NOW(6) ON UPDATE NOW(6)")),
        refused(
            "floats",
            "column temp is float",
            "column temp is float",
            table(
                "id BIGINT AUTO_INCREMENT PRIMARY KEY, device_id VARCHAR(64),"
                    + " temp FLOAT NOT NULL DEFAULT 0 COMMENT 'what it''s like',"
                    + " created_at DATETIME(6)")),
        refused(
            "doubles with a precision",
            "column temp is double(10,2)",
            "column temp is double(10,2)",
            table(
                "id BIGINT AUTO_INCREMENT PRIMARY KEY, device_id VARCHAR(64), temp DOUBLE(10,2),"
                    + " created_at DATETIME(6)")),
        refused(
            "ids of four bytes",
            "column id is int",
            "column id is int",
            table(
                "id INT AUTO_INCREMENT PRIMARY KEY, device_id VARCHAR(64), temp DOUBLE,"
                    + " created_at DATETIME(6)")),
        refused(
            "ids of four bytes that another table refers to",
            "column id is int",
            "column id is int",
            table(
                "id INT AUTO_INCREMENT PRIMARY KEY, device_id VARCHAR(64), temp DOUBLE,"
                    + " created_at DATETIME(6)"),
            "CREATE TABLE notes (reading INT, FOREIGN KEY (reading) REFERENCES sensor_data (id))"),
        refused(
            "ids that are not drawn and that another table refers to",
            "column id is not AUTO_INCREMENT",
            "column id is bigint",
            table(
                "id BIGINT PRIMARY KEY, device_id VARCHAR(64), temp DOUBLE,"
                    + " created_at DATETIME(6)"),
            "CREATE TABLE notes (reading BIGINT,"
                + " FOREIGN KEY (reading) REFERENCES sensor_data (id) ON DELETE CASCADE)"),
        refused(
            "a trigger that stamps what has a time, too",
            "trigger stamping changes what is written",
            "trigger stamping changes what is written",
            with(""),
            "CREATE TRIGGER stamping BEFORE INSERT ON sensor_data FOR EACH ROW BEGIN"
                + " IF NEW.created_at IS NULL THEN SET NEW.created_at = UTC_TIMESTAMP(6); END IF;"
                + " IF NEW.temp IS NULL THEN SET NEW.temp = 0; END IF; END"),
        refused(
            "fixed device ids",
            "column device_id is char(20)",
            "column device_id is char(20)",
            table(
                "id BIGINT AUTO_INCREMENT PRIMARY KEY, device_id CHAR(20) NOT NULL DEFAULT 'it''s',"
                    + " temp DOUBLE, created_at DATETIME(6)")),
        refused(
            "long device ids",
            "column device_id is longer than 128",
            "column device_id is varchar(200)",
            table(
                "id BIGINT AUTO_INCREMENT PRIMARY KEY, device_id VARCHAR(200), temp DOUBLE,"
                    + " created_at DATETIME(6)")),
        refused(
            "a generated temperature",
            "column temp is generated",
            "column temp is double",
            table(
                "id BIGINT AUTO_INCREMENT PRIMARY KEY, device_id VARCHAR(64), f DOUBLE,"
                    + " temp DOUBLE GENERATED ALWAYS AS (f / 2) VIRTUAL, created_at DATETIME(6)")),
        refused(
            "names Sluice needs",
            "column Value has a name",
            "column Value has a name",
            with(", Value DOUBLE")),
        refused(
            "a column every INSERT must name",
            "column site needs a value",
            "column site needs a value",
            with(", site INT NOT NULL")),
        refused(
            "a primary key of its identity",
            "primary key is (device_id, created_at, id)",
            "primary key is (device_id,created_at,id)",
            table(
                "id BIGINT NOT NULL AUTO_INCREMENT, device_id VARCHAR(64) NOT NULL, temp DOUBLE,"
                    + " created_at DATETIME(6) NOT NULL, PRIMARY KEY (device_id, created_at, id),"
                    + " KEY (id)")),
        refused(
            "no primary key",
            "no primary key",
            "no primary key",
            table(
                "id BIGINT NOT NULL AUTO_INCREMENT, device_id VARCHAR(64), temp DOUBLE,"
                    + " created_at DATETIME(6), KEY (id)")),
        refused(
            "no id",
            "column id is missing",
            "column id is missing",
            table("device_id VARCHAR(64), temp DOUBLE, created_at DATETIME(6)")),
        refused(
            "an index name that is taken",
            "key sensor_data_by_identity (temp)",
            "key sensor_data_by_identity",
            with(", KEY sensor_data_by_identity (temp)")),
        refused(
            "another index name that is taken",
            "key sensor_data_by_time (created_at, id)",
            "key sensor_data_by_time",
            with(", KEY sensor_data_by_time (created_at, id)")),
        refused(
            "a foreign key of device_id",
            "foreign key known of sensor_data ties device_id to devices.name",
            "foreign key known",
            "CREATE TABLE devices (name VARCHAR(64) PRIMARY KEY)",
            "INSERT INTO devices VALUES ('a')",
            with(", CONSTRAINT known FOREIGN KEY (device_id) REFERENCES devices (name)")),
        refused(
            "a trigger that changes values",
            "trigger rounding changes what is written",
            "trigger rounding",
            with(""),
            "CREATE TRIGGER rounding BEFORE INSERT ON sensor_data FOR EACH ROW"
                + " SET NEW.temp = ROUND(NEW.temp, 1)"),
        refused(
            "a trigger that changes values behind a comma",
            "trigger rounding changes what is written",
            "trigger rounding",
            with(", site INT"),
            "CREATE TRIGGER rounding BEFORE INSERT ON sensor_data FOR EACH ROW"
                + " SET NEW.site=1,NEW.temp=ROUND(NEW.temp, 1)"),
        refused(
            "ids that are no numbers",
            "column id is char(36)",
            "column id is char(36)",
            table(
                "id CHAR(36) NOT NULL PRIMARY KEY, device_id VARCHAR(64), temp DOUBLE,"
                    + " created_at DATETIME(6)"),
            "INSERT INTO sensor_data (id, device_id, temp, created_at) VALUES"
                + " ('6ccd780c-baba-1026-9564-5b8c656024db', 'a', 1.5, '2026-01-01')"),
        refused(
            "a primary key over a column every INSERT must name",
            "column site needs a value",
            "column site needs a value",
            table(
                "site INT NOT NULL, id BIGINT NOT NULL AUTO_INCREMENT, device_id VARCHAR(64),"
                    + " temp DOUBLE, created_at DATETIME(6), PRIMARY KEY (site, id), KEY (id)")),
        refused(
            "an identity key over the beginnings of device ids",
            "key sensor_data_by_identity (device_id(20), created_at, metric)",
            "key sensor_data_by_identity",
            with(
                ", metric VARCHAR(255) CHARACTER SET utf8mb4 NOT NULL DEFAULT 'temp', value DOUBLE,"
                    + " superseded BIGINT NOT NULL DEFAULT 0,"
                    + " KEY sensor_data_by_identity (device_id(20), created_at, metric)")),
        refused(
            "ids past the signed ones",
            "ids above 9223372036854775807",
            "ids above 9223372036854775807",
            table(
                "id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, device_id VARCHAR(64), temp DOUBLE,"
                    + " created_at DATETIME(6)"),
            ROW,
            "INSERT INTO sensor_data (id) VALUES (9223372036854775808)"),
        refused(
            "partitions by id",
            "partitioned by",
            "is partitioned by",
            with("") + " PARTITION BY HASH (id) PARTITIONS 2"),
        refused(
            "a view",
            "it is a view",
            "is a VIEW",
            "CREATE TABLE readings_of_old (id BIGINT, device_id VARCHAR(64), temp DOUBLE,"
                + " created_at DATETIME(6))",
            "CREATE VIEW sensor_data AS SELECT * FROM readings_of_old"));
  }

  static Stream<Adopted> adopted() {
    return Stream.of(
        adopted("latin1", with("") + " CHARACTER SET latin1"),
        adopted("utf8mb3", with("") + " CHARACTER SET utf8mb3"),
        adopted("MyISAM", with("") + " ENGINE = MyISAM"),
        adopted(
            "names in another case",
            table(
                "ID BIGINT AUTO_INCREMENT PRIMARY KEY, Device_Id VARCHAR(64), TEMP DOUBLE,"
                    + " Created_At DATETIME(6)")),
        adopted(
            "unsigned ids",
            table(
                "id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, device_id VARCHAR(64), temp DOUBLE,"
                    + " created_at DATETIME(6)")),
        adopted(
            "partitions by day",
            table(
                    "id BIGINT AUTO_INCREMENT, device_id VARCHAR(64), temp DOUBLE,"
                        + " created_at DATETIME(6) NOT NULL, PRIMARY KEY (id, created_at)")
                + " PARTITION BY RANGE COLUMNS (created_at)"
                + " (PARTITION p0 VALUES LESS THAN ('2026-01-02'),"
                + " PARTITION p1 VALUES LESS THAN (MAXVALUE))"),
        adopted(
            "triggers behind, and one in front that only looks",
            with(", site INT"),
            "CREATE TABLE audit (n BIGINT)",
            "CREATE TRIGGER counting AFTER UPDATE ON sensor_data FOR EACH ROW"
                + " INSERT INTO audit VALUES (NEW.id)",
            "CREATE TRIGGER looking BEFORE INSERT ON sensor_data FOR EACH ROW"
                + " IF NEW.temp = 5000 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no';"
                + " ELSE SET NEW.site = 1; END IF"),
        adopted(
            "triggers in front that copy readings elsewhere",
            with(""),
            "CREATE TABLE audit (device VARCHAR(128), at DATETIME(6), temp DOUBLE)",
            "CREATE TRIGGER copying BEFORE INSERT ON sensor_data FOR EACH ROW"
                + " INSERT INTO audit VALUES (NEW.device_id, NEW.created_at, NEW.temp)",
            "CREATE TRIGGER keeping BEFORE UPDATE ON sensor_data FOR EACH ROW"
                + " INSERT INTO audit SELECT OLD.device_id, NEW.created_at, NEW.temp"),
        adopted(
            "a trigger in front that gives a time where none is given",
            with(""),
            "CREATE TRIGGER stamping BEFORE INSERT ON sensor_data FOR EACH ROW BEGIN"
                + " IF new.`created_at` IS NULL THEN SET NEW.created_at = UTC_TIMESTAMP(6); END IF;"
                + " END"),
        adopted(
            "a list of words that every row has one of",
            with(", state ENUM('good', 'bad') NOT NULL")),
        adopted(
            "a unique key over an id the server draws",
            with(", uuid CHAR(36) NOT NULL DEFAULT (UUID()), UNIQUE KEY u (uuid)")),
        adopted("compressed rows", with("") + " ROW_FORMAT = COMPRESSED KEY_BLOCK_SIZE = 8"),
        adopted("a text index", with(", note TEXT, FULLTEXT KEY (note)")),
        adopted(
            "an index over a virtual column",
            with(", day DATE GENERATED ALWAYS AS (CAST(created_at AS DATE)) VIRTUAL, KEY (day)")),
        adopted(
            "a default of day 0",
            "SET SESSION sql_mode = 'STRICT_ALL_TABLES'",
            with(", seen DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00'")),
        adopted(
            "a foreign key to its id",
            with(""),
            "CREATE TABLE notes (reading BIGINT, FOREIGN KEY (reading) REFERENCES sensor_data (id))"),
        adopted(
            "a foreign key of another column",
            "CREATE TABLE sites (id INT PRIMARY KEY)",
            with(", site INT, FOREIGN KEY (site) REFERENCES sites (id)")),
        adopted(
            "generated and checked columns",
            with(
                ", f DOUBLE GENERATED ALWAYS AS (temp * 1.8 + 32) STORED, CHECK (temp < 1000),"
                    + " KEY (f)")),
        adopted("a unique key with the id", with(", UNIQUE KEY u (device_id, id)")),
        adopted(
            "a unique key that is NULL in every row of ours",
            with(", ticket VARCHAR(20), UNIQUE KEY u (ticket)")),
        adopted(
            "a column that tells of changes",
            with(", changed TIMESTAMP NULL DEFAULT NULL ON UPDATE CURRENT_TIMESTAMP")),
        adopted(
            "required columns",
            table(
                "id BIGINT AUTO_INCREMENT PRIMARY KEY,"
                    + " device_id VARCHAR(64) NOT NULL DEFAULT 'it''s \\\\ \"x\"' COMMENT 'who''s it',"
                    + " temp DOUBLE NOT NULL DEFAULT 0 COMMENT 'degrees',"
                    + " created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)")));
  }

  private final TestMysql database = TestMysql.freshDatabase();

  @ParameterizedTest
  @MethodSource("refused")
  void refusesByNameWithWhatMendsItAndTakesItThen(Refused shape) throws SQLException {
    allowTriggers();
    database.execute(shape.setup.toArray(String[]::new));

    SchemaState state = schema().state();
    MigrateResult result = schema().migrate();

    assertThat(state).isInstanceOf(SchemaState.Foreign.class);
    assertThat(((MigrateResult.Failed) result).reason()).contains(shape.says);
    assertThatThrownBy(() -> stockTool().migrate())
        .isInstanceOf(FlywayException.class)
        .hasMessageContaining(shape.byTool);
    assertThat(tables()).doesNotContain("sluice_schema_history");

    mend();

    assertThat(schema().migrate()).isInstanceOf(MigrateResult.Migrated.class);
    assertThat(schema().state()).isInstanceOf(SchemaState.UpToDate.class);
  }

  @ParameterizedTest
  @MethodSource("adopted")
  void adopts(Adopted shape) {
    allowTriggers();
    database.execute(shape.setup.toArray(String[]::new));
    database.execute(ROW);

    MigrateResult result = schema().migrate();

    assertThat(result).isInstanceOf(MigrateResult.Migrated.class);
    assertThat(schema().state()).isInstanceOf(SchemaState.UpToDate.class);
    assertThat(database.query("SELECT CONCAT(device_id, temp, created_at) FROM sensor_data"))
        .isEqualTo("a1.52026-01-01 00:00:00.000000");
    database.execute(
        "INSERT INTO sensor_data (device_id, created_at, metric, temp, value)"
            + " VALUES ('a', '2026-01-01', 'm', NULL, 7), ('a', '2026-01-01', 'temp', 2, NULL)"
            + " ON DUPLICATE KEY UPDATE temp = VALUES(temp), value = VALUES(value)");
    assertThat(
            database.query(
                "SELECT GROUP_CONCAT(COALESCE(value, temp) ORDER BY id) FROM sensor_data"))
        .isEqualTo("2,7");
    stockTool().migrate();
  }

  /** Each file may be the first one of its session, when the one before was the last that ran. */
  @Test
  void goesOnInASessionOfItsOwnWithADefaultOfDayZero() {
    database.execute(
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES'",
        with(", seen DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00'"),
        ROW,
        ROW);

    for (int version = 1; version <= 5; version++) {
      Flyway.configure()
          .configuration(stockTool().getConfiguration())
          .initSql("SET SESSION sql_mode = '" + EVERY_MODE + "', SESSION sql_safe_updates = 1")
          .target(String.valueOf(version))
          .load()
          .migrate();
    }

    assertThat(schema().state()).isInstanceOf(SchemaState.UpToDate.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "ANSI", "NO_BACKSLASH_ESCAPES", "ANSI,TRADITIONAL", EVERY_MODE})
  void adoptsInEverySqlMode(String mode) {
    allowTriggers();
    database.execute(
        with(", site VARCHAR(10) DEFAULT 'it''s', UNIQUE KEY u (site, id), KEY (device_id)"),
        "ALTER TABLE sensor_data MODIFY device_id VARCHAR(64) NOT NULL DEFAULT 'it''s \\\\ \"x\"'",
        "CREATE TABLE notes (reading BIGINT, FOREIGN KEY (reading) REFERENCES sensor_data (id))",
        ROW,
        ROW);

    Flyway.configure()
        .configuration(stockTool().getConfiguration())
        .initSql("SET SESSION sql_mode = '" + mode + "'")
        .load()
        .migrate();

    assertThat(schema().state()).isInstanceOf(SchemaState.UpToDate.class);
    database.execute("INSERT INTO sensor_data (created_at) VALUES ('2026-01-02')");
    assertThat(
            database.query("SELECT GROUP_CONCAT(DISTINCT device_id ORDER BY id) FROM sensor_data"))
        .isEqualTo("a,it's \\ \"x\"");
  }

  @Test
  void marksARowWithTheIdZero() {
    database.execute(
        with(""),
        "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO'",
        "INSERT INTO sensor_data (id, device_id, temp, created_at) VALUES"
            + " (0, 'a', 1, '2026-01-01'), (-1, 'a', 2, '2026-01-01'), (5, 'a', 3, '2026-01-01'),"
            + " (9, 'b', 4, '2026-01-01')");

    assertThat(schema().migrate()).isInstanceOf(MigrateResult.Migrated.class);

    assertThat(
            database.query(
                "SELECT GROUP_CONCAT(temp ORDER BY temp) FROM sensor_data WHERE superseded = 0"))
        .isEqualTo("3,4");
  }

  @Test
  void refusesAForeignKeyToDeviceId() {
    assumeTrue(database.mariaDb(), "MySQL has foreign keys to unique keys only");
    database.execute(
        with(", KEY (device_id)"),
        "CREATE TABLE visits (device VARCHAR(64),"
            + " CONSTRAINT seen FOREIGN KEY (device) REFERENCES sensor_data (device_id))");

    assertThat(((MigrateResult.Failed) schema().migrate()).reason())
        .contains("foreign key seen of visits ties device_id to visits.device")
        .contains("ALTER TABLE visits DROP FOREIGN KEY seen;");
    assertThatThrownBy(() -> stockTool().migrate()).hasMessageContaining("foreign key seen");
  }

  @Test
  void answersWhileSomebodyLocksTheTable() throws SQLException {
    schema().migrate();
    try (Connection other = database.connect();
        Statement locking = other.createStatement()) {
      locking.execute("LOCK TABLES sensor_data WRITE");

      assertThat(schema().state()).isInstanceOf(SchemaState.UpToDate.class);
    }
  }

  @Test
  void namesAMissingRightAndTheGrant() {
    schema().migrate();
    String user = database.name() + "_few";
    database.executeAsAdmin(
        "CREATE USER '" + user + "'@'%' IDENTIFIED BY 'few'",
        "GRANT SELECT, INSERT, UPDATE ON "
            + database.name()
            + ".sensor_data TO '"
            + user
            + "'@'%'");

    SchemaState state = new MysqlSchema(database.url(), user, "few").state();

    assertThat(state.problem())
        .get()
        .asString()
        .contains(
            "GRANT SELECT ON " + database.name() + ".sluice_schema_history TO '" + user + "'@'%'")
        .doesNotContain("metric");
  }

  @Test
  void worksWithTheRightsThatAreDocumentedAndNoOthers() throws SQLException {
    String migrates = database.name() + "_dba";
    String serves = database.name() + "_srv";
    database.execute(with(", KEY (device_id)"), ROW, ROW);
    database.executeAsAdmin(
        "CREATE USER '" + migrates + "'@'%' IDENTIFIED BY 'pw'",
        "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX, DROP, TRIGGER ON "
            + database.name()
            + ".* TO '"
            + migrates
            + "'@'%'",
        "CREATE USER '" + serves + "'@'%' IDENTIFIED BY 'pw'");

    MysqlSchema dba = new MysqlSchema(database.url(), migrates, "pw");
    assertThat(dba.migrate()).isInstanceOf(MigrateResult.Migrated.class);
    database.executeAsAdmin(
        "GRANT SELECT, INSERT, UPDATE ON "
            + database.name()
            + ".sensor_data TO '"
            + serves
            + "'@'%'",
        "GRANT SELECT ON " + database.name() + ".sluice_schema_history TO '" + serves + "'@'%'");

    assertThat(new MysqlSchema(database.url(), serves, "pw").state())
        .isEqualTo(new SchemaState.UpToDate("mysql", "5"));
    try (Connection connection = DriverManager.getConnection(database.url(), serves, "pw");
        Statement statement = connection.createStatement()) {
      statement.execute(ROW + " ON DUPLICATE KEY UPDATE temp = VALUES(temp)");
      statement.executeQuery("SHOW GLOBAL STATUS LIKE 'Threads_running'").close();
      statement.executeQuery("SELECT GET_LOCK('sluice', 0)").close();
    }
  }

  @Test
  void keepsWhatColumnsWereDeclaredWith() {
    database.execute(
        "CREATE TABLE sensor_data (id BIGINT AUTO_INCREMENT PRIMARY KEY,"
            + " device_id VARCHAR(64) NOT NULL DEFAULT 'it''s \\\\ \"x\"' COMMENT 'who''s it',"
            + " temp DOUBLE NOT NULL DEFAULT 0 COMMENT 'degrees', created_at DATETIME(6))",
        "INSERT INTO sensor_data (created_at) VALUES ('2026-01-01')");

    schema().migrate();

    database.execute("INSERT INTO sensor_data (created_at) VALUES ('2026-01-02')");
    assertThat(
            database.query(
                "SELECT GROUP_CONCAT(DISTINCT device_id, temp, metric) FROM sensor_data"))
        .isEqualTo("it's \\ \"x\"0temp");
    assertThat(
            database.query(
                "SELECT GROUP_CONCAT(column_name, is_nullable, column_comment"
                    + " ORDER BY ordinal_position) FROM information_schema.columns"
                    + " WHERE table_schema = DATABASE() AND table_name = 'sensor_data'"
                    + " AND column_name IN ('device_id', 'temp')"))
        .isEqualTo("device_idNOwho's it,tempYESdegrees");
  }

  @Test
  void looksAtTheTableWhateverTheHistorySays() {
    schema().migrate();
    database.execute("ALTER TABLE sensor_data ADD UNIQUE KEY later (device_id, created_at)");

    assertThat(schema().state().problem()).get().asString().contains("unique key later");
    assertThat(schema().migrate()).isInstanceOf(MigrateResult.Failed.class);

    database.execute(
        "ALTER TABLE sensor_data DROP KEY later, MODIFY created_at DATETIME, MODIFY temp FLOAT");
    assertThat(schema().state().problem())
        .get()
        .asString()
        .contains("created_at is datetime,", "temp is float");
  }

  @Test
  void namesAColumnThatIsNoLongerExact() throws SQLException {
    schema().migrate();
    database.execute(
        "ALTER TABLE sensor_data MODIFY device_id VARCHAR(100) CHARACTER SET latin1,"
            + " MODIFY metric VARCHAR(128) CHARACTER SET latin1, MODIFY superseded BIGINT");

    assertThat(schema().state().problem())
        .get()
        .asString()
        .contains("column device_id is varchar(100)", "column metric is", "column superseded is");

    mend();
    assertThat(schema().state()).isInstanceOf(SchemaState.UpToDate.class);
  }

  @Test
  void aLostTimeIndexStopsNeitherWritesNorAStartAndIsNamed() {
    schema().migrate();
    database.execute("ALTER TABLE sensor_data DROP KEY sensor_data_by_time");

    SchemaState state = schema().state();

    assertThat(state.problem()).get().asString().contains(TableRules.ADD_BY_TIME);
    assertThat(state.objectionToWrites()).isEmpty();
    database.execute(TableRules.ADD_BY_TIME);
    assertThat(schema().state()).isInstanceOf(SchemaState.UpToDate.class);
  }

  /** In one session, as the refusal says. */
  private void mend() throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      for (Objections.Objection objection : TableRules.objections(TableShape.of(connection))) {
        assertThat(objection.mend()).as(objection.what()).isNotEmpty();
        for (String sql : objection.mend()) {
          statement.execute(sql);
        }
      }
    }
  }

  /** A binary log that is on wants this of who makes triggers. */
  private void allowTriggers() {
    if (database.query("SELECT @@log_bin").equals("1")) {
      database.executeAsAdmin("SET GLOBAL log_bin_trust_function_creators = 1");
    }
  }

  private String tables() {
    return database.query(
        "SELECT COALESCE(GROUP_CONCAT(table_name), '') FROM information_schema.tables"
            + " WHERE table_schema = DATABASE()");
  }

  private MysqlSchema schema() {
    return MysqlFixture.schema(database);
  }

  private Flyway stockTool() {
    return MysqlFixture.stockTool(database);
  }
}
