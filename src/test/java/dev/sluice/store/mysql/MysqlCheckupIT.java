package dev.sluice.store.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.store.StoreFact;
import dev.sluice.store.StoreFact.Verdict;
import dev.sluice.testing.TestMysql;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("mysql")
class MysqlCheckupIT {
  private final TestMysql database = TestMysql.freshDatabase();
  private final MysqlConfig config = MysqlFixture.config(database, 4, 500, "");

  @Test
  void readsTheVariablesOfARealServerAsAnOrdinaryUser() throws IOException {
    Map<String, StoreFact> facts = facts();

    assertThat(facts)
        .containsKeys(
            "version",
            "innodb_flush_log_at_trx_commit",
            "max_connections",
            "sql_mode",
            "read_only",
            "time_zone");
    assertThat(Objects.requireNonNull(facts.get("version")).verdict()).isEqualTo(Verdict.FINE);
    assertThat(facts.get("version").seen()).contains(database.query("SELECT VERSION()"));
    assertThat(Objects.requireNonNull(facts.get("read_only")).verdict()).isEqualTo(Verdict.FINE);
    assertThat(Objects.requireNonNull(facts.get("max_connections")).wanted()).contains("17");
    String tables =
        "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()";
    assertThat(database.query(tables)).isEqualTo("0");
  }

  @Test
  void findsWhatWasSetOnARealServer() throws IOException {
    String flush = database.query("SELECT @@global.innodb_flush_log_at_trx_commit");
    String mode = database.query("SELECT @@global.sql_mode");
    String zone = database.query("SELECT @@global.time_zone");
    try {
      database.executeAsAdmin(
          "SET GLOBAL innodb_flush_log_at_trx_commit = 2",
          "SET GLOBAL sql_mode = ''",
          "SET GLOBAL time_zone = '+02:00'");

      Map<String, StoreFact> facts = facts();

      assertThat(Objects.requireNonNull(facts.get("innodb_flush_log_at_trx_commit")).verdict())
          .isEqualTo(Verdict.ADVICE);
      assertThat(Objects.requireNonNull(facts.get("sql_mode")).verdict()).isEqualTo(Verdict.ADVICE);
      assertThat(Objects.requireNonNull(facts.get("time_zone")).verdict())
          .isEqualTo(Verdict.ADVICE);
      assertThat(facts.get("time_zone").seen()).isEqualTo("+02:00, +120 min");
    } finally {
      database.executeAsAdmin(
          "SET GLOBAL innodb_flush_log_at_trx_commit = " + flush,
          "SET GLOBAL sql_mode = '" + mode + "'",
          "SET GLOBAL time_zone = '" + zone + "'");
    }
  }

  @Test
  void saysThatAServerDoesNotAnswer() {
    MysqlConfig nobody =
        new MysqlConfig(
            "jdbc:mysql://127.0.0.1:1/x?connectTimeout=500", "u", "p", 1, 1, Duration.ofMillis(1));

    assertThatThrownBy(() -> new MysqlCheckup(nobody).facts())
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("MySQL does not answer: ");
  }

  private Map<String, StoreFact> facts() throws IOException {
    return new MysqlCheckup(config)
        .facts().stream().collect(Collectors.toMap(StoreFact::name, fact -> fact));
  }
}
