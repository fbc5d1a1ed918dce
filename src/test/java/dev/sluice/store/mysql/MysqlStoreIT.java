package dev.sluice.store.mysql;

import dev.sluice.store.ReadingSource;
import dev.sluice.store.Sink;
import dev.sluice.store.StoreContract;
import dev.sluice.testing.TestMysql;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

@Tag("mysql")
class MysqlStoreIT extends StoreContract {
  private static MysqlSink sink;
  private static MysqlReadings source;

  @BeforeAll
  static void open() {
    TestMysql database = MysqlFixture.migrated();
    MysqlConfig config = MysqlFixture.config(database, 3, 2_000, "");
    sink = MysqlFixture.sink(config);
    source = new MysqlReadings(config, Optional.empty());
  }

  @AfterAll
  static void close() {
    source.close();
    sink.close();
  }

  @Override
  public Sink sink() {
    return sink;
  }

  @Override
  public ReadingSource source() {
    return source;
  }

  @Override
  public void awaitVisible() {}
}
