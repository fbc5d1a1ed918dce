package dev.sluice.store.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.testing.TestMysql;
import dev.sluice.testing.TestProxy;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("mysql")
class OtherWritersIT {
  private static final Duration OFTEN = Duration.ofMillis(50);
  private static final Duration SOON = Duration.ofMinutes(1);
  private final TestMysql database = TestMysql.freshDatabase();

  @Test
  void warnsBothWhileThereAreTwoAndNeitherAfterwards() {
    try (OtherWriters first = watching(database)) {
      try (OtherWriters second = watching(database)) {
        await()
            .atMost(SOON)
            .until(() -> first.warning().isPresent() && second.warning().isPresent());
        assertThat(first.warning().orElseThrow()).contains("another Sluice", "mysql.url");
      }
      await().atMost(SOON).until(() -> first.warning().isEmpty());
    }
  }

  @Test
  void warnsTheOneThatStaysWhenTheFirstHasGoneAndAThirdComes() {
    OtherWriters first = watching(database);
    try (OtherWriters second = watching(database)) {
      await().atMost(SOON).until(() -> second.warning().isPresent());
      first.close();
      await().atMost(SOON).until(() -> second.warning().isEmpty());
      try (OtherWriters third = watching(database)) {
        await()
            .atMost(SOON)
            .until(() -> third.warning().isPresent() && second.warning().isPresent());
      }
    } finally {
      first.close();
    }
  }

  @Test
  void takesItsOwnBrokenConnectionForNobodyElse() throws IOException {
    try (TestProxy proxy = new TestProxy(database.host(), database.port());
        OtherWriters only = watching(database.through(proxy))) {
      await().atMost(SOON).until(() -> locks() == 1);

      proxy.breakConnections();
      await().atMost(SOON).until(() -> locks() == 1);

      assertThat(only.warning()).isEmpty();
      try (OtherWriters second = watching(database)) {
        await()
            .atMost(SOON)
            .until(() -> only.warning().isPresent() && second.warning().isPresent());
      }
    }
  }

  @Test
  void anotherDatabaseIsNoneOfItsBusiness() {
    try (OtherWriters here = watching(database);
        OtherWriters there = watching(TestMysql.freshDatabase())) {
      await().atMost(SOON).until(() -> locks() == 1);
      assertThat(here.warning()).isEmpty();
      assertThat(there.warning()).isEmpty();
    }
  }

  private int locks() {
    return Integer.parseInt(
        database.query(
            "SELECT IS_USED_LOCK(CONCAT('sluice:first:', LEFT(SHA2(DATABASE(), 256), 40))) IS NOT NULL"));
  }

  private static OtherWriters watching(TestMysql database) {
    OtherWriters watch = new OtherWriters(MysqlFixture.config(database, 1, 1, ""), OFTEN);
    watch.start();
    return watch;
  }
}
