package dev.sluice.store.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.store.StoreFact;
import dev.sluice.store.StoreFact.Verdict;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MysqlCheckupTest {
  private static final int NEEDED = 17;

  private final Map<String, String> variables =
      new HashMap<>(
          Map.of(
              "version", "9.7.1",
              "innodb_flush_log_at_trx_commit", "1",
              "log_bin", "ON",
              "sync_binlog", "1",
              "max_connections", "151",
              "max_user_connections", "0",
              "sql_mode", "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES",
              "read_only", "OFF",
              "super_read_only", "OFF"));

  @Test
  void findsNothingOnAServerWithItsDefaults() {
    assertThat(MysqlCheckup.judge(variables, NEEDED))
        .extracting(StoreFact::verdict)
        .containsOnly(Verdict.FINE);
  }

  @ParameterizedTest
  @CsvSource({
    "version, 5.7.44, ADVICE, version",
    "version, 10.5.9-MariaDB, ADVICE, version",
    "innodb_flush_log_at_trx_commit, 2, ADVICE, innodb_flush_log_at_trx_commit",
    "sync_binlog, 0, ADVICE, sync_binlog",
    "max_connections, 30, ADVICE, max_connections",
    "max_connections, 16, BROKEN, max_connections",
    "max_user_connections, 10, BROKEN, max_connections",
    "sql_mode, ANSI, ADVICE, sql_mode",
    "read_only, ON, BROKEN, read_only",
    "super_read_only, 1, BROKEN, read_only"
  })
  void findsTheOneVariableThatIsBad(String name, String value, Verdict verdict, String found) {
    variables.put(name, value);

    assertThat(MysqlCheckup.judge(variables, NEEDED))
        .filteredOn(fact -> fact.verdict() != Verdict.FINE)
        .singleElement()
        .satisfies(fact -> {
          assertThat(fact.name()).isEqualTo(found);
          assertThat(fact.verdict()).isEqualTo(verdict);
          assertThat(fact.mend()).isNotBlank();
        });
  }

  @Test
  void doesNotMindAnUnsyncedBinaryLogThatIsOff() {
    variables.put("sync_binlog", "0");
    variables.put("log_bin", "OFF");

    assertThat(MysqlCheckup.judge(variables, NEEDED))
        .extracting(StoreFact::name)
        .doesNotContain("sync_binlog");
  }
}
