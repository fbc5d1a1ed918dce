package dev.sluice.store.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import dev.sluice.reading.Identity;
import dev.sluice.reading.Reading;
import dev.sluice.store.ReadingScan;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.ReadingStream;
import dev.sluice.store.ScanContract;
import dev.sluice.store.Sink;
import dev.sluice.testing.TestMysql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("mysql")
class MysqlScanIT extends ScanContract {
  private static TestMysql database;
  private static MysqlScan scan;
  private static MysqlSink sink;

  @BeforeAll
  static void open() {
    database = MysqlFixture.migrated();
    scan = new MysqlScan(MysqlFixture.config(database, 1, 1, ""), Optional.empty());
    sink = MysqlFixture.sink(MysqlFixture.config(database, 2, 5000, ""));
  }

  @AfterAll
  static void close() {
    sink.close();
    scan.close();
  }

  @BeforeEach
  void empty() {
    database.execute("TRUNCATE TABLE sensor_data");
  }

  @Override
  public ReadingScan scan() {
    return scan;
  }

  @Override
  public Sink sink() {
    return sink;
  }

  @Override
  public void awaitVisible() {}

  @Test
  void seesOnlyWhatIsAReading() throws Exception {
    insertWhatIsNoReading("2026-01-01");
    database.execute(
        "INSERT INTO sensor_data (device_id, metric, temp, value, created_at) VALUES"
            + " ('good', 'temp', 1, 7, '2026-01-01'), ('good', 'hum', 7, 2, '2026-01-01')");

    assertThat(readings(0, Long.MAX_VALUE))
        .extracting(r -> r.device() + " " + r.metric() + " " + r.value())
        .containsExactlyInAnyOrder("good temp 1.0", "good hum 2.0");
  }

  @Test
  void passesOverWhatIsNoReading() throws Exception {
    insertWhatIsNoReading("1970-01-01 00:00:00.000010");
    write(List.of(new Reading("d", "temp", 20, 1)));

    assertThat(scan.firstFrom(0)).isEqualTo(OptionalLong.of(20));
    assertThat(scan.firstFrom(21)).isEmpty();
    assertThat(scan.find(List.of(new Identity("old", "temp", 10)))).isEmpty();
  }

  @Test
  void goesOnInTheMidstOfManyReadingsOfOneInstant() throws Exception {
    List<Reading> readings = new ArrayList<>();
    int third = MysqlStream.PAGE_ROWS + 1_100;
    for (int i = 0; i < 3 * third; i++) {
      readings.add(new Reading("d" + i, "temp", 1_000 + i / third, i));
    }
    write(readings);

    assertThat(readings(1_000, 1_003)).containsExactlyInAnyOrderElementsOf(readings);
    assertThat(readings(1_001, 1_002)).hasSize(third);
    assertThat(readings(1_003, Long.MAX_VALUE)).isEmpty();
  }

  /**
   * A transaction that lasted as long as the scan would keep every version made meanwhile: the
   * history would grow, and every read of these rows would have to go back through it.
   */
  @Test
  void letsTheServerPurgeWhileAScanIsUnderWay() throws Exception {
    List<Reading> readings = new ArrayList<>();
    for (int i = 0; i < MysqlStream.PAGE_ROWS + 500; i++) {
      readings.add(new Reading("d" + i, "temp", i, i));
    }
    write(readings);

    try (ReadingStream stream = scan.scan(0, Long.MAX_VALUE);
        Connection writer = database.connect();
        Statement statement = writer.createStatement()) {
      assertThat(stream.next()).isTrue();
      for (int i = 0; i < 3_000; i++) {
        statement.execute("UPDATE sensor_data SET temp = temp + 1 WHERE device_id = 'd7'");
      }

      await().atMost(Duration.ofMinutes(1)).until(() -> history() < 1_000);
      assertThat(stream.next()).isTrue();
    }
  }

  /** Transactions whose old versions InnoDB still keeps. */
  private static long history() throws SQLException {
    try (Connection connection = database.connectAsAdmin();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT count FROM information_schema.innodb_metrics"
                    + " WHERE name = 'trx_rseg_history_len'")) {
      row.next();
      return row.getLong(1);
    }
  }

  /** The pool has three connections. */
  @Test
  void holdsNoConnectionBetweenPages() throws Exception {
    List<Reading> readings = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      readings.add(new Reading("d", "temp", i, i));
    }
    write(readings);

    List<ReadingStream> streams = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      ReadingStream stream = scan.scan(0, Long.MAX_VALUE);
      streams.add(stream);
      assertThat(stream.next()).isTrue();
    }
    for (ReadingStream stream : streams) {
      stream.close();
      assertThat(stream.next()).isFalse();
    }

    assertThat(readings(0, Long.MAX_VALUE)).hasSize(2_000);
  }

  @Test
  void saysWhatToDoWithoutItsIndexAndGoesOnWithIt() throws Exception {
    write(List.of(new Reading("d", "temp", 20, 1)));
    database.execute("ALTER TABLE sensor_data DROP KEY sensor_data_by_time");

    String advice = "put it back: ";
    Throwable refusal = catchThrowable(() -> readings(0, 100));
    assertThat(refusal).isInstanceOf(UnavailableException.class).hasMessageContaining(advice);

    String message = String.valueOf(refusal.getMessage());
    int from = message.indexOf(advice) + advice.length();
    database.execute(message.substring(from, message.indexOf(';', from)));
    assertThat(readings(0, 100)).hasSize(1);
  }

  @Test
  void saysWhatToDoWhenItsIndexIsThereButNotToBeUsed() throws Exception {
    write(List.of(new Reading("d", "temp", 20, 1)));
    boolean mariaDb = database.query("SELECT VERSION()").contains("MariaDB");
    database.execute(
        "ALTER TABLE sensor_data ALTER INDEX sensor_data_by_time "
            + (mariaDb ? "IGNORED" : "INVISIBLE"));

    String advice = "ALTER TABLE sensor_data ALTER INDEX sensor_data_by_time VISIBLE";
    assertThatThrownBy(() -> readings(0, 100))
        .isInstanceOf(UnavailableException.class)
        .hasMessageContaining(advice);

    database.execute(mariaDb ? advice.replace("VISIBLE", "NOT IGNORED") : advice);
    assertThat(readings(0, 100)).hasSize(1);
  }

  @Test
  void readsBytesAsUtf8WhateverTheUrlSays() throws Exception {
    write(List.of(new Reading("Gerät 🌡", "temp", 20, 1)));
    MysqlConfig config =
        MysqlFixture.config(
            database, 1, 1, "?characterEncoding=ISO-8859-1&characterSetResults=ISO-8859-1");
    try (MysqlScan odd = new MysqlScan(config, Optional.empty());
        ReadingStream stream = odd.scan(0, 100)) {
      assertThat(stream.next()).isTrue();
      assertThat(stream.device()).isEqualTo("Gerät 🌡");
    }
  }

  static void insertWhatIsNoReading(String createdAt) {
    database.execute(
        "INSERT INTO sensor_data (device_id, metric, temp, value, created_at, superseded) VALUES"
            + values(
                " (NULL, 'temp', 1, NULL, '%s', 0), ('d', 'temp', NULL, 5, '%s', 0),", createdAt)
            + values(" ('d', 'hum', 5, NULL, '%s', 0), ('', 'temp', 1, NULL, '%s', 0),", createdAt)
            + values(
                " (REPEAT('é', 65), 'temp', 1, 1, '%s', 0), ('d', '', 1, 1, '%s', 0),", createdAt)
            + values(
                " ('a\\nb', 'temp', 1, 1, '%s', 0), ('d', _utf8mb4 X'61C285', 1, 1, '%s', 0),",
                createdAt)
            + values(
                " ('old', 'temp', 1, 1, '%s', 77), ('x\\Z', 'temp', 1, 1, '%s', 0),", createdAt)
            + " ('d', 'temp', 1, 1, NULL, 0), ('d', 'temp', 1, 1, '1969-12-31 23:59:59.999999', 0)");
  }

  private static String values(String text, String createdAt) {
    return text.replace("%s", createdAt);
  }
}
