package dev.sluice.store.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.WritePermit;
import dev.sluice.store.WriteResult;
import dev.sluice.store.WriteResult.Refused;
import dev.sluice.store.WriteResult.Unavailable;
import dev.sluice.store.WriteResult.Written;
import dev.sluice.testing.TestMysql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TimeZone;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("mysql")
class MysqlSinkIT {
  private static TestMysql database;

  private MysqlSink sink;
  private MysqlReadings readings;

  @BeforeAll
  static void migrate() {
    database = MysqlFixture.migrated();
  }

  @BeforeEach
  void open() {
    database.execute("TRUNCATE TABLE sensor_data");
    sink = MysqlFixture.sink(database);
    readings = new MysqlReadings(MysqlFixture.config(database, 1, 1, ""), Optional.empty());
  }

  @AfterEach
  void close() {
    sink.close();
    readings.close();
  }

  /** Another table may stand there afterwards. */
  @Test
  void looksAtTheSchemaAgainAfterAFailure() {
    AtomicInteger asked = new AtomicInteger();
    ReadingBatch batch = new ReadingBatch();
    batch.clear(0);
    batch.add(new Reading("again", "temp", 1, 1));
    try (MysqlSink looking =
        new MysqlSink(
            MysqlFixture.config(database, 1, 1, ""),
            () -> {
              asked.incrementAndGet();
              return Optional.empty();
            },
            Optional.empty())) {
      assertThat(looking.write(batch)).isInstanceOf(WriteResult.Written.class);
      assertThat(looking.write(batch)).isInstanceOf(WriteResult.Written.class);
      assertThat(asked).hasValue(1);

      database.execute("RENAME TABLE sensor_data TO away");
      try {
        assertThat(looking.write(batch)).isInstanceOf(WriteResult.Unavailable.class);
      } finally {
        database.execute("RENAME TABLE away TO sensor_data");
      }

      assertThat(looking.write(batch)).isInstanceOf(WriteResult.Written.class);
      assertThat(asked).hasValue(2);
    }
  }

  @Test
  void sendsNoStatementOnceItMayNotWriteAnyMore() throws UnavailableException {
    AtomicInteger asked = new AtomicInteger();
    List<Reading> three =
        List.of(
            new Reading("fenced", "temp", 1, 1),
            new Reading("fenced", "temp", 2, 2),
            new Reading("fenced", "temp", 3, 3));
    try (MysqlSink shared =
        new MysqlSink(MysqlFixture.config(database, 1, 1, ""), Optional::empty, Optional.empty())) {
      assertThat(shared.write(batch(three), () -> asked.incrementAndGet() <= 2))
          .isEqualTo(new WriteResult.Unavailable(WritePermit.GONE));
      assertThat(MysqlFixture.readings(readings, "fenced")).isEqualTo(three.subList(0, 2));

      assertThat(shared.write(batch(three), WritePermit.ALWAYS)).isInstanceOf(Written.class);
    }
    assertThat(MysqlFixture.readings(readings, "fenced")).isEqualTo(three);
  }

  /** As a process that is stopped between the question whether it may and the statement. */
  @Test
  void whatAProcessSendsAfterItsSuccessorHasWrittenIsNotStored() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch woken = new CountDownLatch(1);
    try (MysqlSink earlier = marked("earlier", true);
        MysqlSink later = marked("later", true);
        MysqlSink stranger = marked(new WriterMark("elsewhere", "stranger"), true)) {
      assertThat(stranger.write(batch(List.of(new Reading("other", "temp", 1, 1)))))
          .isInstanceOf(Written.class);
      CompletableFuture<WriteResult> frozen =
          CompletableFuture.supplyAsync(() ->
              earlier.write(
                  batch(List.of(new Reading("turns", "temp", 1, 1))),
                  () -> {
                    asked.countDown();
                    return awaited(woken);
                  }));
      asked.await();
      Set<Long> strangers = connectionsOf("stranger");
      Set<Long> earliers = connectionsOf("earlier");
      assertThat(strangers).hasSize(1);
      assertThat(earliers).hasSize(1);

      assertThat(later.write(batch(List.of(new Reading("turns", "temp", 1, 2)))))
          .isInstanceOf(Written.class);
      assertThat(connectionsOf("earlier")).doesNotContainAnyElementsOf(earliers);
      woken.countDown();

      assertThat(frozen.get()).isInstanceOf(Unavailable.class);
      assertThat(MysqlFixture.readings(readings, "turns"))
          .containsExactly(new Reading("turns", "temp", 1, 2));
      assertThat(connectionsOf("stranger")).as("of another group").isEqualTo(strangers);
    }
  }

  @Test
  void endsTheStatementsOfOneProcessAndNotThoseOfOthers() throws Exception {
    Reading old = new Reading("waits", "temp", 1, 1);
    try (MysqlSink leader = marked("leader", true);
        MysqlSink silent = marked("silent", false);
        MysqlSink living = marked("living", false);
        Connection blocker = database.connect();
        Statement lock = blocker.createStatement()) {
      assertThat(leader.write(batch(List.of(old)))).isInstanceOf(Written.class);
      assertThat(living.write(batch(List.of(new Reading("lives", "temp", 1, 1)))))
          .isInstanceOf(Written.class);
      Set<Long> others = connectionsOf("living");
      assertThat(others).hasSize(1);
      blocker.setAutoCommit(false);
      lock.execute("SELECT * FROM sensor_data WHERE device_id = 'waits' FOR UPDATE");
      CompletableFuture<WriteResult> waiting =
          CompletableFuture.supplyAsync(
              () -> silent.write(batch(List.of(new Reading("waits", "temp", 1, 2)))));
      awaitBlockedTransaction();
      Set<Long> blocked = connectionsOf("silent");
      assertThat(blocked).hasSize(1);

      leader.endWritesOf(Set.of("silent", "unknown"));

      assertThat(connectionsOf("silent")).doesNotContainAnyElementsOf(blocked);
      assertThat(connectionsOf("living")).isEqualTo(others);
      blocker.rollback();
      assertThat(waiting.get()).isInstanceOf(Unavailable.class);
      assertThat(MysqlFixture.readings(readings, "waits")).containsExactly(old);
      leader.endWritesOfOthers();
      assertThat(connectionsOf("living")).as("ended what there was before").isEqualTo(others);
    }
  }

  private static MysqlSink marked(String writer, boolean endsOthers) {
    return marked(new WriterMark("nodes", writer), endsOthers);
  }

  private static MysqlSink marked(WriterMark mark, boolean endsOthers) {
    return new MysqlSink(
        MysqlFixture.config(database, 1, 100, ""),
        Optional::empty,
        Optional.empty(),
        Optional.of(mark),
        endsOthers);
  }

  private static Set<Long> connectionsOf(String writer) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      Set<Long> all = new HashSet<>();
      try (ResultSet rows = statement.executeQuery("SHOW PROCESSLIST")) {
        while (rows.next()) {
          all.add(rows.getLong("Id"));
        }
      }
      return WriterMark.of(List.of(writer), statement, all);
    }
  }

  private static boolean awaited(CountDownLatch latch) {
    try {
      return latch.await(1, TimeUnit.MINUTES);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void keepsEveryInstantInWhateverZoneTheJvmRuns() throws UnavailableException {
    List<Reading> written = new ArrayList<>();
    for (long micros :
        new long[] {
          0,
          1,
          999_999,
          micros("2026-03-08T06:59:59.999999Z"),
          micros("2026-03-08T07:00:00Z"), // New York springs forward
          micros("2026-11-01T05:30:00.000001Z"),
          micros("2026-11-01T06:30:00.000001Z"), // and has this hour twice
          micros("2026-03-29T01:30:00Z"), // Berlin springs forward
          micros("2000-02-29T12:00:00.123456Z"),
          Reading.MAX_TS_MICROS
        }) {
      written.add(new Reading("zones", "temp", micros, written.size()));
    }
    written.sort(java.util.Comparator.comparingLong(Reading::tsMicros));
    TimeZone before = TimeZone.getDefault();
    try {
      TimeZone.setDefault(TimeZone.getTimeZone("America/New_York"));
      MysqlSink there = MysqlFixture.sink(database);
      assertThat(there.write(batch(written))).isInstanceOf(Written.class);
      there.close();
      assertThat(MysqlFixture.readings(readings, "zones")).isEqualTo(written);
    } finally {
      TimeZone.setDefault(before);
    }
    assertThat(MysqlFixture.readings(readings, "zones")).isEqualTo(written);
    assertThat(database.query("SELECT CAST(MAX(created_at) AS CHAR) FROM sensor_data"))
        .isEqualTo("9999-12-31 23:59:59.999999");
  }

  @Test
  void keepsEveryBitOfADouble() throws UnavailableException {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    double[] special = {
      0.0,
      -0.0,
      Double.MIN_VALUE,
      -Double.MIN_VALUE,
      Double.MAX_VALUE,
      -Double.MAX_VALUE,
      Double.MIN_NORMAL,
      Math.nextDown(Double.MIN_NORMAL),
      0.1,
      1e22,
      1e23,
      0x1.0000000000001p53
    };
    List<Reading> written = new ArrayList<>();
    for (int i = 0; i < 4000; i++) {
      double value = i < special.length ? special[i] : Double.longBitsToDouble(random.nextLong());
      if (Double.isFinite(value)) {
        written.add(new Reading("bits", i % 2 == 0 ? "temp" : "x", i, value));
      }
    }

    assertThat(sink.write(batch(written))).isInstanceOf(Written.class);

    List<Reading> read = MysqlFixture.readings(readings, "bits");
    assertThat(read).hasSameSizeAs(written);
    for (int i = 0; i < read.size(); i++) {
      assertThat(Double.doubleToRawLongBits(read.get(i).value()))
          .as("%s", written.get(i))
          .isEqualTo(Double.doubleToRawLongBits(written.get(i).value()));
    }
  }

  @Test
  void tellsNamesApartByTheirBytes() throws UnavailableException {
    List<String> names =
        List.of(
            "a",
            "A",
            "a ",
            "a  ",
            " a",
            "ä",
            "a\u0308",
            "å",
            "Å",
            "\u212b",
            "ß",
            "ss",
            "🌡",
            "🌡️",
            "it's",
            "it\\'s",
            "--",
            "%",
            "_",
            "\\",
            "{d '1'}",
            "?",
            "ﬀ",
            "x".repeat(128),
            "é".repeat(64),
            "🌡".repeat(32),
            "\u00a0",
            "日本",
            "日\u3000本");
    List<Reading> written = new ArrayList<>();
    for (String device : names) {
      for (String metric : names) {
        written.add(new Reading(device, metric, 7, written.size()));
      }
    }

    assertThat(sink.write(batch(written))).isInstanceOf(Written.class);

    assertThat(database.query("SELECT COUNT(*) FROM sensor_data"))
        .isEqualTo(String.valueOf(written.size()));
    for (String device : names) {
      assertThat(MysqlFixture.readings(readings, device))
          .containsExactlyInAnyOrderElementsOf(
              written.stream().filter(r -> r.device().equals(device)).toList());
    }
  }

  @Test
  void letsTheLastReadingOfAnIdentityWinWithinABatchAndAcross() throws UnavailableException {
    sink.write(batch(List.of(new Reading("d", "temp", 1, 1), new Reading("d", "temp", 1, 2))));
    assertThat(MysqlFixture.readings(readings, "d"))
        .containsExactly(new Reading("d", "temp", 1, 2));

    ReadingBatch again =
        batch(List.of(new Reading("d", "temp", 1, 3), new Reading("d", "hum", 1, 4)));
    sink.write(again);
    sink.write(again);

    assertThat(MysqlFixture.readings(readings, "d"))
        .containsExactly(new Reading("d", "hum", 1, 4), new Reading("d", "temp", 1, 3));
    assertThat(database.query("SELECT COUNT(*) FROM sensor_data")).isEqualTo("2");
  }

  @Test
  void keepsOrderPerIdentityOverManyLanesAndStatements() throws UnavailableException {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    Map<String, Reading> expected = new LinkedHashMap<>();
    MysqlSink lanes = MysqlFixture.sink(MysqlFixture.config(database, 4, 50, ""));
    for (int round = 0; round < 30; round++) {
      List<Reading> batch = new ArrayList<>();
      for (int i = 0; i < lanes.maxBatch(); i++) {
        Reading reading =
            new Reading("d" + random.nextInt(8), "temp", random.nextInt(3), random.nextDouble());
        batch.add(reading);
        expected.put(reading.device() + "@" + reading.tsMicros(), reading);
      }
      assertThat(lanes.write(batch(batch))).isInstanceOf(Written.class);
    }
    lanes.close();

    List<Reading> stored = new ArrayList<>();
    for (int device = 0; device < 8; device++) {
      stored.addAll(MysqlFixture.readings(readings, "d" + device));
    }
    assertThat(stored).containsExactlyInAnyOrderElementsOf(expected.values());
  }

  @Test
  void supersedesTheCountingRowOfAnAdoptedTable() throws UnavailableException {
    database.execute(
        "INSERT INTO sensor_data (id, device_id, temp, created_at, superseded) VALUES"
            + " (1, 'old', 1, '2026-01-01', 1), (2, 'old', 2, '2026-01-01', 0)");
    long ts = micros("2026-01-01T00:00:00Z");

    sink.write(batch(List.of(new Reading("old", "temp", ts, 3))));

    assertThat(MysqlFixture.readings(readings, "old"))
        .containsExactly(new Reading("old", "temp", ts, 3));
    assertThat(database.query("SELECT GROUP_CONCAT(temp ORDER BY id) FROM sensor_data"))
        .isEqualTo("1,3");
  }

  @Test
  void refusesABatchWithARowTheServerWillNeverTake() {
    database.execute("ALTER TABLE sensor_data ADD CONSTRAINT sane CHECK (temp < 1000)");
    try {
      WriteResult result =
          sink.write(
              batch(List.of(new Reading("d", "temp", 1, 20), new Reading("d", "temp", 2, 1000))));

      assertThat(result).isInstanceOf(Refused.class);
      assertThat(((Refused) result).reason()).contains("sane");
      assertThat(sink.write(batch(List.of(new Reading("d", "temp", 1, 20)))))
          .isInstanceOf(Written.class);
    } finally {
      database.execute("ALTER TABLE sensor_data DROP CONSTRAINT sane");
    }
  }

  @Test
  void refusesWhatATriggerSignals() {
    database.executeAsAdmin(
        "CREATE TRIGGER no_ghosts BEFORE INSERT ON sensor_data FOR EACH ROW BEGIN"
            + " IF NEW.device_id = 'ghost' THEN"
            + " SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'ghosts are not welcome'; END IF; END");
    try {
      WriteResult result = sink.write(batch(List.of(new Reading("ghost", "temp", 1, 20))));

      assertThat(result).isInstanceOf(Refused.class);
      assertThat(((Refused) result).reason()).contains("ghosts are not welcome", "45000");
    } finally {
      database.executeAsAdmin("DROP TRIGGER no_ghosts");
    }
  }

  @Test
  void waitsWhileTheSchemaIsNotReadyAndThenNeverAsksAgain() {
    List<Optional<String>> answers =
        new ArrayList<>(
            List.of(Optional.of("pending V4"), Optional.of("pending V4"), Optional.empty()));
    MysqlSink gated =
        new MysqlSink(
            MysqlFixture.config(database, 1, 10, ""), answers::removeFirst, Optional.empty());
    ReadingBatch batch = batch(List.of(new Reading("d", "temp", 1, 1)));

    assertThat(gated.write(batch)).isEqualTo(new Unavailable("pending V4"));
    assertThat(gated.write(batch)).isEqualTo(new Unavailable("pending V4"));
    assertThat(gated.write(batch)).isInstanceOf(Written.class);
    assertThat(gated.write(batch)).isInstanceOf(Written.class);
    gated.close();
  }

  @Test
  void waitsForATableThatIsMissing() {
    TestMysql empty = TestMysql.freshDatabase();
    MysqlSink early = MysqlFixture.sink(empty);

    WriteResult result = early.write(batch(List.of(new Reading("d", "temp", 1, 1))));
    early.close();

    assertThat(result).isInstanceOf(Unavailable.class);
    assertThat(((Unavailable) result).reason())
        .contains("sensor_data", "./sluice migrate", empty.url())
        .doesNotContain(empty.password());
  }

  @Test
  void waitsWhileTheServerIsReadOnly() {
    ReadingBatch batch = batch(List.of(new Reading("d", "temp", 1, 1)));
    sink.write(batch);
    database.executeAsAdmin("SET GLOBAL read_only = ON");
    try {
      WriteResult result = sink.write(batch);

      assertThat(result).isInstanceOf(Unavailable.class);
      assertThat(((Unavailable) result).reason()).contains("read-only");
    } finally {
      database.executeAsAdmin("SET GLOBAL read_only = OFF");
    }
    assertThat(sink.write(batch)).isInstanceOf(Written.class);
  }

  @Test
  void waitsWhenSomebodyHoldsALock() throws SQLException {
    ReadingBatch batch = batch(List.of(new Reading("d", "temp", 1, 1)));
    sink.write(batch);
    try (Connection holder = database.connect();
        Statement statement = holder.createStatement()) {
      holder.setAutoCommit(false);
      statement.executeUpdate("UPDATE sensor_data SET temp = 5");

      WriteResult result = sink.write(batch);

      assertThat(result).isInstanceOf(Unavailable.class);
      assertThat(((Unavailable) result).reason()).contains("1205");
      holder.rollback();
    }
    assertThat(sink.write(batch)).isInstanceOf(Written.class);
  }

  @Test
  void namesTheLockThatHoldsTheWholeTable() throws SQLException {
    try (Connection other = database.connectAsAdmin();
        Statement locking = other.createStatement()) {
      for (String lock : List.of("LOCK TABLES sensor_data WRITE", "FLUSH TABLES WITH READ LOCK")) {
        locking.execute(lock);
        WriteResult result = sink.write(batch(List.of(new Reading("d", "temp", 1, 1))));
        locking.execute("UNLOCK TABLES");

        assertThat(((Unavailable) result).reason())
            .contains("1205", "LOCK TABLES", "performance_schema.metadata_locks");
      }
    }
    assertThat(sink.write(batch(List.of(new Reading("d", "temp", 1, 1)))))
        .isInstanceOf(Written.class);
  }

  @Test
  void survivesADeadlockAsItsVictim() throws Exception {
    Reading first = new Reading("d", "temp", 1, 1);
    Reading second = new Reading("d", "temp", 2, 2);
    sink.write(batch(List.of(first, second)));
    try (Connection other = database.connect();
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      // Much to undo, so that the server gives up the sink and not this transaction.
      for (int i = 1; i <= 200; i++) {
        statement.executeUpdate(
            "INSERT INTO sensor_data (device_id, temp, created_at) VALUES ('filler', 1, '2026-01-01'"
                + " + INTERVAL "
                + i
                + " SECOND)");
      }
      statement.executeUpdate("UPDATE sensor_data SET temp = 9 WHERE id = 2");
      CompletableFuture<WriteResult> write =
          CompletableFuture.supplyAsync(() -> sink.write(batch(List.of(first, second))));
      awaitBlockedTransaction();

      statement.executeUpdate("UPDATE sensor_data SET temp = 9 WHERE id = 1");
      other.commit();

      assertThat(write.get(120, TimeUnit.SECONDS)).isInstanceOf(Written.class);
    }
    assertThat(MysqlFixture.readings(readings, "d")).containsExactly(first, second);
  }

  @Test
  void saysHowLongAPowerCutCouldTakeItBack() {
    ReadingBatch batch = batch(List.of(new Reading("d", "temp", 1, 1)));
    assertThat(sink.write(batch)).isEqualTo(Written.DURABLE);
    database.executeAsAdmin("SET GLOBAL innodb_flush_log_at_trx_commit = 2");
    try {
      MysqlSink later = MysqlFixture.sink(database);
      assertThat(later.write(batch)).isEqualTo(new Written(Duration.ofSeconds(2)));
      later.close();
    } finally {
      database.executeAsAdmin("SET GLOBAL innodb_flush_log_at_trx_commit = 1");
    }
  }

  @Test
  void givesTheServerNothingToWarnAbout() throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      ServerTraits server = ServerTraits.of(connection);
      Upsert upsert = new Upsert(server.rowAlias(), server.maxPacketBytes());
      upsert.write(batch(List.of(new Reading("d", "temp", 1, 1))), new int[] {0}, 0, 1);

      statement.executeUpdate(upsert.sql());
      statement.executeUpdate(upsert.sql());

      assertThat((Object) statement.getWarnings()).isNull();
    }
  }

  private static void awaitBlockedTransaction() throws SQLException {
    try (Connection admin = database.connectAsAdmin();
        Statement statement = admin.createStatement()) {
      Awaitility.await()
          .atMost(Duration.ofMinutes(2))
          .until(() ->
              statement
                  .executeQuery(
                      "SELECT 1 FROM information_schema.innodb_trx"
                          + " WHERE trx_state = 'LOCK WAIT'")
                  .next());
    }
  }

  private static long micros(String instant) {
    Instant at = Instant.parse(instant);
    return at.getEpochSecond() * 1_000_000 + at.getNano() / 1000;
  }

  private static ReadingBatch batch(List<Reading> readings) {
    return UpsertTest.batch(readings.toArray(Reading[]::new));
  }
}
