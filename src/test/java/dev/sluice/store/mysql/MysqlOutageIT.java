package dev.sluice.store.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.WriteResult;
import dev.sluice.store.WriteResult.Unavailable;
import dev.sluice.store.WriteResult.Written;
import dev.sluice.testing.TestMysql;
import dev.sluice.testing.TestProxy;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("mysql")
class MysqlOutageIT {
  private static final String IMPATIENT = "?socketTimeout=1500&connectTimeout=1000";
  private static TestMysql database;

  private TestProxy proxy;
  private MysqlSink sink;

  @BeforeAll
  static void migrate() {
    database = MysqlFixture.migrated();
  }

  @BeforeEach
  void open() throws IOException {
    database.execute("TRUNCATE TABLE sensor_data");
    proxy = new TestProxy(database.host(), database.port());
    sink = MysqlFixture.sink(MysqlFixture.config(database.through(proxy), 2, 100, IMPATIENT));
  }

  @AfterEach
  void close() throws IOException {
    sink.close();
    proxy.close();
  }

  @Test
  void startsWithoutTheServerAndGoesOnOnceItIsThere() throws IOException {
    proxy.cut();

    assertThat(sink.write(batch(0, 10))).isInstanceOf(Unavailable.class);
    proxy.resume();

    writesAgain(batch(0, 10));
    assertThat(rows()).isEqualTo(10);
  }

  @Test
  void goesOnAfterTheServerWentAwayAndCameBack() throws IOException {
    assertThat(sink.write(batch(0, 200))).isInstanceOf(Written.class);
    proxy.cut();

    WriteResult result = sink.write(batch(100, 300));
    proxy.resume();

    assertThat(result).isInstanceOf(Unavailable.class);
    assertThat(((Unavailable) result).reason()).contains("jdbc:mysql://127.0.0.1:");
    writesAgain(batch(100, 300));
    assertThat(rows()).isEqualTo(300);
  }

  @Test
  void givesUpOnAServerThatFallsSilentAndDoesNotBlockForEver() throws IOException {
    assertThat(sink.write(batch(0, 10))).isInstanceOf(Written.class);
    proxy.stall();

    long start = System.nanoTime();
    WriteResult result = sink.write(batch(10, 20));
    long tookMs = (System.nanoTime() - start) / 1_000_000;
    proxy.resume();

    assertThat(result).isInstanceOf(Unavailable.class);
    assertThat(tookMs).isLessThan(60_000);
    writesAgain(batch(10, 20));
    assertThat(rows()).isEqualTo(20);
  }

  @Test
  void doesNotStoreTwiceWhatWasCommittedButNeverConfirmed() throws IOException {
    assertThat(sink.write(batch(0, 1))).isInstanceOf(Written.class);
    proxy.loseReplies();

    WriteResult result = sink.write(batch(1, 50));
    proxy.breakConnections();
    proxy.resume();

    assertThat(result).isInstanceOf(Unavailable.class);
    writesAgain(batch(1, 50));
    assertThat(rows()).isEqualTo(50);
  }

  @Test
  void waitsForAStatementInsideATriggerBeforeItWritesOn() throws Exception {
    assertThat(sink.write(one("held", 1))).isInstanceOf(Written.class);
    database.executeAsAdmin(
        "CREATE TRIGGER held BEFORE INSERT ON sensor_data FOR EACH ROW"
            + " IF NEW.device_id = 'held' THEN DO SLEEP(8); END IF");
    try {
      assertThat(sink.write(one("held", 2))).isInstanceOf(Unavailable.class);
      assertThat(statementsHeld()).isEqualTo(1);

      writesAgain(one("free", 3));

      assertThat(statementsHeld()).isZero();
    } finally {
      database.executeAsAdmin("DROP TRIGGER held");
    }
  }

  @Test
  void killsAStatementThatWaitsForALockBeforeItWritesOn() throws Exception {
    assertThat(sink.write(one("held", 1))).isInstanceOf(Written.class);
    long kills = kills();
    try (Connection holder = database.connect();
        Statement hold = holder.createStatement()) {
      holder.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED); // locks no gap
      holder.setAutoCommit(false);
      hold.execute("UPDATE sensor_data SET temp = temp WHERE device_id = 'held'");
      assertThat(sink.write(one("held", 2))).isInstanceOf(Unavailable.class);

      writesAgain(one("free", 3));

      assertThat(kills()).isGreaterThan(kills);
      holder.rollback();
    }
    assertThat(database.query("SELECT temp FROM sensor_data WHERE device_id = 'held'"))
        .startsWith("1");
  }

  @Test
  void neverLetsALateStatementOverwriteItsOwnRetry() throws Exception {
    assertThat(sink.write(one("d", 1))).isInstanceOf(Written.class);
    for (int value = 2; value < 6; value++) {
      proxy.stall();
      assertThat(sink.write(one("d", value))).isInstanceOf(Unavailable.class);
      proxy.resume(); // what it had taken in reaches the server now
      writesAgain(one("d", value + 10));

      assertThat(database.query("SELECT temp FROM sensor_data WHERE device_id = 'd'"))
          .startsWith(String.valueOf(value + 10));
    }
  }

  /** As seen by one who may see all: inside a trigger a statement has its definer's name. */
  private static long statementsHeld() throws SQLException {
    return number(
        "SELECT COUNT(*) FROM information_schema.processlist WHERE state = 'User sleep'", 1);
  }

  private static long kills() throws SQLException {
    return number("SHOW GLOBAL STATUS LIKE 'Com_kill'", 2);
  }

  private static long number(String query, int column) throws SQLException {
    try (Connection connection = database.connectAsAdmin();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      assertThat(row.next()).isTrue();
      return row.getLong(column);
    }
  }

  private static ReadingBatch one(String device, double value) {
    ReadingBatch batch = new ReadingBatch();
    batch.clear(0);
    batch.add(new Reading(device, "temp", 1, value));
    return batch;
  }

  @Test
  void saysThatReadsAreNotPossibleNow() throws IOException {
    proxy.cut();
    MysqlReadings readings =
        new MysqlReadings(
            MysqlFixture.config(database.through(proxy), 1, 1, IMPATIENT), Optional.empty());

    assertThatThrownBy(() -> MysqlFixture.readings(readings, "d"))
        .isInstanceOf(UnavailableException.class)
        .hasMessageContaining("mysql cannot be read");
    readings.close();
  }

  private void writesAgain(ReadingBatch batch) {
    Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .until(() -> sink.write(batch) instanceof Written);
  }

  private static int rows() {
    return Integer.parseInt(database.query("SELECT COUNT(*) FROM sensor_data"));
  }

  private static ReadingBatch batch(int from, int to) {
    ReadingBatch batch = new ReadingBatch();
    batch.clear(from);
    for (int i = from; i < to; i++) {
      batch.add(new Reading("d" + i % 7, "temp", i, i));
    }
    return batch;
  }
}
