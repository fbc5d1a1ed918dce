package dev.sluice.testing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("mysql")
class FreshDatabaseIT {
  @Test
  void handsOutADatabaseItsUserMayChangeAndNoOther() {
    TestMysql one = TestMysql.freshDatabase();
    TestMysql other = TestMysql.freshDatabase();

    one.execute("CREATE TABLE t (i INT)", "INSERT INTO t VALUES (7)");

    assertThat(one.query("SELECT i FROM t")).isEqualTo("7");
    assertThat(other.query("SELECT COUNT(*) FROM information_schema.tables WHERE table_name = 't'"))
        .isEqualTo("0");
  }
}
