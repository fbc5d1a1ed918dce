package dev.sluice.store.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.reading.Reading;
import dev.sluice.store.MigrateResult;
import dev.sluice.store.ReadingQuery;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.testing.TestMysql;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What the tests of this package share: a migrated database, and settings to reach it. */
final class MysqlFixture {
  private MysqlFixture() {}

  static TestMysql migrated() {
    TestMysql database = TestMysql.freshDatabase();
    MysqlSchema schema = new MysqlSchema(database.url(), database.user(), database.password());
    assertThat(schema.migrate()).isInstanceOf(MigrateResult.Migrated.class);
    return database;
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
