package dev.sluice.store.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.store.MigrateResult;
import dev.sluice.store.SchemaState;
import dev.sluice.testing.TestMysql;
import dev.sluice.testing.TestProxy;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Migrating is stopped at every statement that changes something, and run again. */
@Tag("mysql")
@Tag("long")
class InterruptedMigrationIT {
  private static final Duration SOON = Duration.ofMinutes(2);

  /** What V4's UPDATE is known by; comments may stand before it. */
  private static final String MARKS = "SET older.superseded = ";

  private final TestMysql database = TestMysql.freshDatabase();

  /** Which of the statements that change something, and whether it still takes effect. */
  record Stop(int statement, boolean after) {}

  static Stream<Stop> stops() {
    // V1, V2, V3, three of V4, V5; and one of the check before.
    List<Stop> stops = new ArrayList<>();
    for (int statement = 1; statement <= 9; statement++) {
      stops.add(new Stop(statement, false));
      stops.add(new Stop(statement, true));
    }
    return stops.stream();
  }

  @ParameterizedTest
  @MethodSource("stops")
  void migratesOnFromEveryStatement(Stop stop) throws SQLException {
    legacyTable();
    try (Killing killing = new Killing(database, stop)) {
      MysqlSchema killed =
          new MysqlSchema(killing.dataSource(), killing.dataSource(), "classpath:migrations/mysql");

      assertThat(killed.migrate()).as("the killed run").isInstanceOf(MigrateResult.Failed.class);
    }

    if (stop.after) {
      stockTool().repair();
      stockTool().migrate();
    } else {
      assertThat(schema().migrate()).isInstanceOf(MigrateResult.Migrated.class);
    }

    assertMigrated();
  }

  @Test
  void migratesOnWhereTheServerFinishesWhatAKilledClientBegan() throws Exception {
    legacyTable();
    try (TestProxy proxy = new TestProxy(database.host(), database.port());
        Connection holder = database.connect();
        Statement holding = holder.createStatement()) {
      holder.setAutoCommit(false);
      holding.executeQuery("SELECT * FROM sensor_data").close();
      TestMysql through = database.through(proxy);
      MysqlSchema killed = new MysqlSchema(through.url(), through.user(), through.password());
      CompletableFuture<MigrateResult> first = CompletableFuture.supplyAsync(killed::migrate);
      await().atMost(SOON).until(this::alterWaits);

      proxy.cut();
      assertThat(first.get(SOON.toSeconds(), TimeUnit.SECONDS))
          .isInstanceOf(MigrateResult.Failed.class);
      holder.commit();
    }

    assertThat(schema().migrate()).isInstanceOf(MigrateResult.Migrated.class);
    assertMigrated();
  }

  @Test
  void readersGoOnWhileMigratingWaitsForALongTransaction() throws Exception {
    legacyTable();
    try (Connection holder = database.connect();
        Statement holding = holder.createStatement();
        Connection reader = database.connect();
        Statement reading = reader.createStatement()) {
      holder.setAutoCommit(false);
      holding.executeQuery("SELECT * FROM sensor_data").close();
      CompletableFuture<MigrateResult> migrating = CompletableFuture.supplyAsync(schema()::migrate);
      await().atMost(SOON).until(this::alterWaits);

      reading.setQueryTimeout((int) SOON.toSeconds());
      reading.executeQuery("SELECT COUNT(*) FROM sensor_data").close();

      assertThat(migrating).isNotDone();
      holder.commit();
      assertThat(migrating.get(SOON.toSeconds(), TimeUnit.SECONDS))
          .isInstanceOf(MigrateResult.Migrated.class);
    }
    assertMigrated();
  }

  @Test
  void marksADuplicateThatCameInBeforeTheKeyWasThere() throws SQLException {
    legacyTable();
    DataSource meddling =
        Killing.dataSource(
            database,
            (sql, after) -> {
              if (after && sql.contains(MARKS)) {
                database.execute(
                    "INSERT INTO sensor_data (device_id, temp, created_at)"
                        + " SELECT 'late', 1, '2026-01-02' FROM (SELECT 1 UNION SELECT 2) AS two"
                        + " WHERE NOT EXISTS (SELECT 1 FROM sensor_data WHERE device_id = 'late')");
              }
            });

    MigrateResult result =
        new MysqlSchema(meddling, meddling, "classpath:migrations/mysql").migrate();

    assertThat(result).isInstanceOf(MigrateResult.Migrated.class);
    assertThat(database.query("SELECT COUNT(*) FROM sensor_data WHERE device_id = 'late'"))
        .isEqualTo("2");
    assertThat(
            database.query(
                "SELECT COUNT(*) FROM sensor_data WHERE device_id = 'late' AND superseded = 0"))
        .isEqualTo("1");
  }

  private boolean alterWaits() throws SQLException {
    try (Connection admin = database.connectAsAdmin();
        Statement statement = admin.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT 1 FROM information_schema.processlist WHERE db = '"
                    + database.name()
                    + "' AND state LIKE '%metadata lock%'")) {
      return rows.next();
    }
  }

  private void legacyTable() {
    database.execute(
        "CREATE TABLE sensor_data (id BIGINT AUTO_INCREMENT PRIMARY KEY, device_id VARCHAR(64),"
            + " temp DOUBLE, created_at DATETIME(6))",
        "INSERT INTO sensor_data (device_id, temp, created_at) VALUES ('a', 1, '2026-01-01'),"
            + " ('a', 2, '2026-01-01'), ('a', NULL, '2026-01-01'), ('b', 3, '2026-01-01')");
  }

  private void assertMigrated() {
    assertThat(schema().state()).isEqualTo(new SchemaState.UpToDate("mysql", "5"));
    assertThat(
            database.query(
                "SELECT GROUP_CONCAT(device_id, temp ORDER BY id) FROM sensor_data"
                    + " WHERE superseded = 0"))
        .isEqualTo("a2,b3");
    assertThat(
            database.query(
                "SELECT GROUP_CONCAT(DISTINCT index_name ORDER BY index_name)"
                    + " FROM information_schema.statistics"
                    + " WHERE table_schema = DATABASE() AND table_name = 'sensor_data'"))
        .isEqualTo("PRIMARY,sensor_data_by_time,sensor_data_identity");
  }

  private MysqlSchema schema() {
    return MysqlFixture.schema(database);
  }

  private Flyway stockTool() {
    return MysqlFixture.stockTool(database);
  }

  /** Told of each statement, before and after. */
  @FunctionalInterface
  private interface Watch {
    void at(String sql, boolean after) throws SQLException;
  }

  /** Ends all connections of a client around one statement, as the end of its process does. */
  private static final class Killing implements AutoCloseable {
    private final TestMysql database;
    private final Stop stop;
    private final List<Connection> open = new ArrayList<>();
    private int seen;

    Killing(TestMysql database, Stop stop) {
      this.database = database;
      this.stop = stop;
    }

    DataSource dataSource() {
      return (DataSource)
          Proxy.newProxyInstance(
              Killing.class.getClassLoader(),
              new Class<?>[] {DataSource.class},
              (self, method, arguments) -> {
                Connection real = database.connect();
                open.add(real);
                return watched(real, this::at);
              });
    }

    static DataSource dataSource(TestMysql database, Watch watch) {
      return (DataSource)
          Proxy.newProxyInstance(
              Killing.class.getClassLoader(),
              new Class<?>[] {DataSource.class},
              (self, method, arguments) ->
                  watched(
                      DriverManager.getConnection(
                          database.url(), database.user(), database.password()),
                      watch));
    }

    private void at(String sql, boolean after) throws SQLException {
      if (!sql.startsWith("EXECUTE") && !sql.contains(MARKS)) {
        return;
      }
      seen += after ? 0 : 1;
      if (seen == stop.statement && after == stop.after) {
        for (Connection each : open) {
          each.abort(Runnable::run);
        }
      }
    }

    private static Connection watched(Connection real, Watch watch) {
      return (Connection)
          Proxy.newProxyInstance(
              Killing.class.getClassLoader(),
              new Class<?>[] {Connection.class},
              (self, method, arguments) -> {
                Object result = call(real, method, arguments);
                return method.getName().equals("createStatement")
                    ? watched((Statement) result, watch)
                    : result;
              });
    }

    private static Statement watched(Statement real, Watch watch) {
      return (Statement)
          Proxy.newProxyInstance(
              Killing.class.getClassLoader(),
              new Class<?>[] {Statement.class},
              (self, method, arguments) -> {
                boolean executes =
                    method.getName().equals("execute") && arguments[0] instanceof String;
                if (executes) {
                  watch.at((String) arguments[0], false);
                }
                Object result = call(real, method, arguments);
                if (executes) {
                  watch.at((String) arguments[0], true);
                }
                return result;
              });
    }

    private static Object call(Object target, java.lang.reflect.Method method, Object[] arguments)
        throws Throwable {
      try {
        return method.invoke(target, arguments);
      } catch (InvocationTargetException e) {
        throw e.getCause();
      }
    }

    @Override
    public void close() throws SQLException {
      for (Connection each : open) {
        each.close();
      }
    }
  }
}
