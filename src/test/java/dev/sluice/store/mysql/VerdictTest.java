package dev.sluice.store.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.DataTruncation;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerdictTest {
  @ParameterizedTest
  @CsvSource({
    "22001, 1406", // data too long
    "22003, 1264", // out of range
    "22007, 1292", // incorrect datetime value
    "22032, 3140", // invalid JSON text
    "HY000, 1366", // incorrect string value
    "01000, 1265", // data truncated
    "HY000, 3819", // CHECK constraint, MySQL
    "23000, 4025", // CHECK constraint, MariaDB
    "23000, 1048", // column cannot be null
    "23000, 1062", // duplicate of a key that is not ours
    "23000, 1452", // foreign key
    "45000, 1644", // SIGNAL in a trigger
  })
  void refusesWhatTheServerWillNeverTake(String state, int code) {
    assertThat(Verdict.of(new SQLException("no", state, code))).isEqualTo(Verdict.REFUSED);
  }

  @ParameterizedTest
  @CsvSource({
    "HY000, 1205", // lock wait timeout, as the server spells it
    "40001, 1205", // and as the driver does
    "08S01, 0", // connection lost
    "08S01, 1053", // server shutdown in progress
    "08S01, 1153", // packet too large
    "08001, 0", // cannot connect
    "08004, 1040", // too many connections
    "28000, 1045", // access denied
    "42000, 1142", // no INSERT granted
    "42000, 1049", // unknown database
    "42S02, 1146", // no such table
    "42S22, 1054", // no such column
    "HY000, 1290", // read-only server
    "HY000, 1836", // read-only mode
    "HY000, 3100", // refused by replication
    "25006, 1792", // read-only transaction
    "HY000, 1021", // disk full
    "HY000, 1114", // table full
    "HY000, 1364", // another column has no default
    "70100, 1317", // killed
    "HY000, 1598", // binary logging not possible
    "99999, 54321", // unknown
  })
  void waitsForWhatMayPassAndForWhatIsNotKnown(String state, int code) {
    assertThat(Verdict.of(new SQLException("no", state, code))).isEqualTo(Verdict.UNAVAILABLE);
  }

  @ParameterizedTest
  @CsvSource({"40001, 1213", "HY000, 1020", "HY000, 3101"})
  void triesVictimsAgain(String state, int code) {
    assertThat(Verdict.of(new SQLException("no", state, code))).isEqualTo(Verdict.AGAIN);
  }

  @Test
  void takesTheDriversOwnTruncationForARefusal() {
    assertThat(Verdict.of(new DataTruncation(1, true, false, 5, 3))).isEqualTo(Verdict.REFUSED);
  }

  @Test
  void waitsWhenNothingIsSaidAtAll() {
    assertThat(Verdict.of(new SQLException())).isEqualTo(Verdict.UNAVAILABLE);
    assertThat(Verdict.describe(new SQLException())).contains("SQLSTATE null");
  }

  @Test
  void describesInOneLineWithAdvice() {
    String line = Verdict.describe(new SQLException("first\n  second", "HY000", 1114));

    assertThat(line)
        .isEqualTo(
            "first second (SQLSTATE HY000, error 1114); give the MySQL server more disk or memory");
  }

  @Test
  void namesTheStatementForAFieldWithoutADefaultAndForALostKey() {
    assertThat(
            Verdict.describe(
                new SQLException("Field 'site' doesn't have a default value", "HY000", 1364)))
        .contains("ALTER TABLE sensor_data ALTER COLUMN `site` SET DEFAULT")
        .doesNotContain("run: ./sluice migrate;");
    assertThat(
            Verdict.describe(
                new SQLException(
                    "Key 'sensor_data_by_time' doesn't exist in table 'sensor_data'",
                    "42000",
                    1176)))
        .contains("ALTER TABLE sensor_data ADD KEY sensor_data_by_time (created_at)");
  }
}
