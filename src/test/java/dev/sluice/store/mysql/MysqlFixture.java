package dev.sluice.store.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.reading.Reading;
import dev.sluice.store.MigrateResult;
import dev.sluice.store.ReadingQuery;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.testing.TestMysql;
import java.io.File;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.internal.configuration.ConfigUtils;

/** What tests on a real MySQL share: a migrated database, and settings to reach it. */
public final class MysqlFixture {
  private MysqlFixture() {}

  public static TestMysql migrated() {
    TestMysql database = TestMysql.freshDatabase();
    assertThat(schema(database).migrate()).isInstanceOf(MigrateResult.Migrated.class);
    return database;
  }

  static MysqlSchema schema(TestMysql database) {
    return new MysqlSchema(database.url(), database.user(), database.password());
  }

  /** The stock Flyway, as MIGRATION.md has it used. */
  static Flyway stockTool(TestMysql database) {
    Map<String, String> settings =
        new HashMap<>(
            ConfigUtils.loadConfigurationFile(
                new File("migrations/flyway-mysql.conf"), "UTF-8", true));
    settings.put("flyway.url", database.url());
    settings.put("flyway.user", database.user());
    settings.put("flyway.password", database.password());
    return Flyway.configure().configuration(settings).load();
  }

  public static MysqlConfig config(TestMysql database, int poolSize, int batchRows) {
    return config(database, poolSize, batchRows, "");
  }

  static MysqlConfig config(TestMysql database, int poolSize, int batchRows, String parameters) {
    return new MysqlConfig(
        database.url() + parameters,
        database.user(),
        database.password(),
        poolSize,
        batchRows,
        Duration.ofMillis(5));
  }

  static MysqlSink sink(TestMysql database) {
    return sink(config(database, 3, 500, ""));
  }

  static MysqlSink sink(MysqlConfig config) {
    return new MysqlSink(config, Optional::empty, Optional.empty());
  }

  /** Everything of a device, in order. */
  static List<Reading> readings(MysqlReadings source, String device) throws UnavailableException {
    List<Reading> readings = new ArrayList<>();
    source.read(
        new ReadingQuery(
            device, Optional.empty(), 0, Long.MAX_VALUE, false, Optional.empty(), 100_000),
        readings::add);
    return readings;
  }
}
