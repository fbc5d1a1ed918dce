package dev.sluice.store.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.reading.Identity;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.History;
import dev.sluice.store.History.Finding;
import dev.sluice.store.History.Position;
import dev.sluice.store.History.RowClass;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.ReadingStream;
import dev.sluice.store.TableMark;
import dev.sluice.testing.TestMysql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("mysql")
class MysqlHistoryIT {
  private static final long DAY = 86_400_000_000L;

  private static TestMysql database;
  private static MysqlHistory history;

  /** A row that is a reading. */
  private record Row(long id, Reading reading) {}

  @BeforeAll
  static void open() {
    database = MysqlFixture.migrated();
    history =
        new MysqlHistory(
            MysqlFixture.config(database, 1, 1, ""), Duration.ofDays(1), Optional.empty());
  }

  @AfterAll
  static void close() {
    history.close();
  }

  @BeforeEach
  void empty() {
    database.execute("TRUNCATE TABLE sensor_data");
  }

  @Test
  void knowsItsTableByItsLastRow() throws UnavailableException {
    TableMark none = history.mark();
    insert(
        List.of(
            new Row(1, new Reading("ä", "temp", DAY, 1)),
            new Row(2, new Reading("b", "temp", DAY, 2))));
    TableMark two = history.mark();
    insert(List.of(new Row(3, new Reading("c", "temp", DAY, 3))));

    assertThat(two.height()).isEqualTo(2);
    assertThat(history.departedFrom(none)).isEmpty();
    assertThat(history.departedFrom(two)).isEmpty();
    database.execute("UPDATE sensor_data SET temp = 7 WHERE id = 2");
    assertThat(history.departedFrom(two)).isEmpty();
    database.execute(
        "CREATE TABLE older LIKE sensor_data",
        "INSERT INTO older SELECT * FROM sensor_data WHERE id < 2",
        "DROP TABLE sensor_data",
        "RENAME TABLE older TO sensor_data");
    assertThat(history.departedFrom(two).orElseThrow()).contains("id=2");
    insert(List.of(new Row(2, new Reading("other", "temp", DAY, 2))));
    assertThat(history.departedFrom(two).orElseThrow()).contains("id=2");
    assertThat(history.departedFrom(new TableMark("history begun elsewhere", 0, ""))).isPresent();
  }

  /** A job that deletes what is old also deletes a late reading that came last. */
  @Test
  void isNoOtherTableWhenItsLastRowsAreDeleted() throws UnavailableException {
    insert(
        List.of(
            new Row(1, new Reading("a", "temp", DAY, 1)),
            new Row(2, new Reading("late", "temp", 0, 2))));
    TableMark two = history.mark();

    database.execute("DELETE FROM sensor_data WHERE created_at < '1970-01-02'");
    assertThat(history.departedFrom(two)).isEmpty();

    database.execute("DELETE FROM sensor_data");
    assertThat(history.departedFrom(two)).isEmpty();
    assertThat(history.departedFrom(history.mark())).isEmpty();

    database.execute("TRUNCATE TABLE sensor_data");
    assertThat(history.departedFrom(two).orElseThrow()).contains("id=2");
  }

  /** With more rows of one instant than a chunk has, and ids in no order of time. */
  @Test
  void chunksHoldEveryRowOnceInOrderAndNeverTwoDays() throws UnavailableException {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    List<Row> rows = new ArrayList<>();
    for (int i = 1; i <= 900; i++) {
      long ts = random.nextInt(4) * 2L * DAY + new long[] {0, 1, DAY - 1}[random.nextInt(3)];
      rows.add(new Row(i, new Reading("d" + i, "temp", ts, i)));
    }
    insert(rows);
    rows.sort(
        Comparator.comparingLong((Row row) -> row.reading().tsMicros()).thenComparingLong(Row::id));

    for (int chunkRows : new int[] {1, 7, 50, 10_000}) {
      for (long lastId : new long[] {900, 450}) {
        List<Reading> expected =
            rows.stream().filter(row -> row.id() <= lastId).map(Row::reading).toList();
        assertThat(chunks(lastId, chunkRows))
            .as("seed %d, chunks of %d, ids to %d", seed, chunkRows, lastId)
            .isEqualTo(expected);
      }
    }
  }

  @Test
  void chunkEndsWhereTheDayDoesAndGoesOnOnTheNextThatHasRows() throws UnavailableException {
    insert(
        List.of(
            new Row(5, new Reading("a", "temp", DAY - 1, 1)),
            new Row(4, new Reading("b", "temp", DAY, 1)),
            new Row(3, new Reading("c", "temp", DAY, 1)),
            new Row(2, new Reading("d", "temp", 400 * DAY - 1, 1)),
            new Row(1, new Reading("e", "temp", Reading.MAX_TS_MICROS, 1))));

    Position first = end(Position.START, 10);
    Position second = end(first, 10);
    Position third = end(second, 10);
    Position fourth = end(third, 10);

    assertThat(List.of(first, second, third, fourth))
        .containsExactly(
            new Position(DAY - 1, 5),
            new Position(DAY, 4),
            new Position(400 * DAY - 1, 2),
            new Position(Reading.MAX_TS_MICROS, 1));
    assertThat(history.chunkEnd(fourth, 5, 10)).isEmpty();
    assertThat(end(first, 1)).isEqualTo(new Position(DAY, 3));
    // The row behind it is the next day's first.
    assertThat(end(new Position(DAY - 1, 4), 1)).isEqualTo(new Position(DAY - 1, 5));
  }

  @Test
  void rowsBehindTheLastIdAreNoPartOfIt() throws UnavailableException {
    insert(
        List.of(
            new Row(1, new Reading("a", "temp", 10, 1)),
            new Row(2, new Reading("b", "temp", 10, 1)),
            new Row(3, new Reading("c", "temp", 5, 1)),
            new Row(4, new Reading("d", "temp", 20, 1))));

    assertThat(history.lastId()).isEqualTo(4);
    assertThat(history.count(2)).isEqualTo(2);
    assertThat(chunks(2, 10)).extracting(Reading::device).containsExactly("a", "b");
    assertThat(history.chunkEnd(new Position(10, 1), 1, 10)).isEmpty();
  }

  @Test
  void knowsAnEmptyTable() throws UnavailableException {
    assertThat(history.lastId()).isZero();
    assertThat(history.count(0)).isZero();
    assertThat(history.chunkEnd(Position.START, 0, 10)).isEmpty();
    assertThat(history.chunkEnd(Position.START, Long.MAX_VALUE, 10)).isEmpty();
    assertThat(inspect(0)).isEmpty();
  }

  /** Rows of a table as teams have it, with a reading sent again without its value. */
  @Test
  void copiesScansAndReadsTheValueThatALaterRowWithoutOneFollowed() throws UnavailableException {
    TestMysql legacy = TestMysql.freshDatabase();
    legacy.execute(
        "CREATE TABLE sensor_data (id BIGINT AUTO_INCREMENT PRIMARY KEY, device_id VARCHAR(64),"
            + " temp DOUBLE, created_at DATETIME(6))",
        "INSERT INTO sensor_data (id, device_id, temp, created_at) VALUES"
            + " (7, 'a', 21.99, '1970-01-02'), (8, 'a', NULL, '1970-01-02')");
    new MysqlSchema(legacy.url(), legacy.user(), legacy.password()).migrate();
    MysqlConfig config = MysqlFixture.config(legacy, 1, 1, "");
    Reading expected = new Reading("a", "temp", DAY, 21.99);
    ReadingBatch copied = new ReadingBatch();
    copied.clear(0);

    try (MysqlHistory table = new MysqlHistory(config, Duration.ofDays(1), Optional.empty());
        MysqlScan scan = new MysqlScan(config, Optional.empty());
        MysqlReadings reads = new MysqlReadings(config, Optional.empty())) {
      table.read(Position.START, Stretch.LAST, table.lastId(), copied);
      List<Finding> found = new ArrayList<>();
      table.inspect(table.lastId(), found::add, (id, rows) -> {});

      assertThat(readings(copied)).containsExactly(expected);
      assertThat(found)
          .extracting(finding -> finding.rowClass() + " " + finding.key())
          .containsExactly("DUPLICATE id=8");
      assertThat(MysqlFixture.readings(reads, "a")).containsExactly(expected);
      assertThat(scan.find(List.of(new Identity("a", "temp", DAY)))).containsExactly(expected);
      try (ReadingStream stream = scan.scan(0, 2 * DAY)) {
        assertThat(stream.next()).isTrue();
        assertThat(stream.value()).isEqualTo(21.99);
        assertThat(stream.next()).isFalse();
      }
    }
  }

  @Test
  void countsWhatItReadsAndWhatItSkips() throws UnavailableException {
    database.execute(
        "SET sql_mode = 'ALLOW_INVALID_DATES'",
        "INSERT INTO sensor_data (device_id, metric, temp, value, created_at, superseded) VALUES"
            + " ('d', 'temp', 1, NULL, '2026-01-01', 0), ('d', 'hum', NULL, 2, '2026-01-01', 0),"
            + " ('d', 'temp', NULL, 2, '2026-01-02', 0), (NULL, 'temp', 1, NULL, '2026-01-01', 0),"
            + " ('', 'temp', 1, NULL, '2026-01-01', 0), ('d', 'a\\tb', 1, 2, '2026-01-01', 0),"
            + " ('d', 'temp', 1, NULL, '2026-01-01', 9), ('d', 'temp', 1, NULL, NULL, 0),"
            + " ('d', 'temp', 1, NULL, '1969-12-31', 0), ('d', 'temp', 1, NULL, '0000-00-00', 0),"
            + " ('d', 'temp', 1, NULL, '2026-00-01', 0), ('d', 'temp', 1, NULL, '2026-02-31', 0)");
    ReadingBatch batch = new ReadingBatch();
    batch.clear(0);

    long skipped = history.read(Position.START, Stretch.LAST, 100, batch);
    ReadingBatch stepped = new ReadingBatch();
    stepped.clear(0);
    History.Step step = history.step(Long.MIN_VALUE, 100, 100, stepped, finding -> {});
    assertThat(step.skipped()).isEqualTo(skipped);
    assertThat(step.rows()).isEqualTo(12);
    assertThat(readings(stepped)).containsExactlyInAnyOrderElementsOf(readings(batch));

    assertThat(readings(batch))
        .extracting(r -> r.metric() + " " + r.value())
        .containsExactly("temp 1.0", "hum 2.0");
    assertThat(skipped).isEqualTo(4);
    assertThat(history.count(100)).isEqualTo(batch.size() + skipped);
    assertThat(chunks(100, 1)).hasSize(2);
  }

  @Test
  void countsAndInspectsTablesWhoseIdsAreFarApart() throws UnavailableException {
    List<Row> rows = new ArrayList<>();
    for (long id : new long[] {-5, 1, 60_000, 600_000, 1L << 40, Long.MAX_VALUE - 1}) {
      rows.add(new Row(id, new Reading("d" + id, "temp", 7, 1)));
    }
    insert(rows);
    List<Long> progress = new ArrayList<>();

    assertThat(history.count(Long.MAX_VALUE)).isEqualTo(6);
    assertThat(history.count(1L << 40)).isEqualTo(5);
    AtomicLong inspected = new AtomicLong();
    history.inspect(
        1L << 40,
        finding -> {},
        (id, count) -> {
          progress.add(id);
          inspected.set(count);
        });

    assertThat(progress).isSorted().endsWith(1L << 40).hasSizeLessThan(10);
    assertThat(inspected).hasValue(5);
  }

  /** Far apart, below 0, and in no order of time; times with and without a fraction. */
  @Test
  void stepsReadEveryRowOnceInTheOrderOfIds() throws UnavailableException {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    List<Row> rows = new ArrayList<>();
    long id = -500;
    for (int i = 0; i < 900; i++) {
      id += i == 450 ? 1L << 40 : 1 + random.nextInt(3);
      id = id == 0 ? 1 : id; // an id of 0 asks the server for one
      long ts =
          random.nextInt(3) == 0
              ? random.nextLong(Reading.MAX_TS_MICROS / DAY) * DAY
              : random.nextLong(Reading.MAX_TS_MICROS) / 1_000_000 * 1_000_000
                  + (random.nextBoolean() ? random.nextInt(1_000_000) : 0);
      rows.add(new Row(id, new Reading("d" + i, i % 2 == 0 ? "temp" : "hum", ts, i)));
    }
    insert(rows);

    for (int stepRows : new int[] {1, 7, 900, 10_000}) {
      for (long lastId : new long[] {id, 1L << 20}) {
        List<Finding> findings = new ArrayList<>();
        List<Reading> expected =
            rows.stream().filter(row -> row.id() <= lastId).map(Row::reading).toList();
        assertThat(steps(lastId, stepRows, findings))
            .as("seed %d, steps of %d, ids to %d", seed, stepRows, lastId)
            .isEqualTo(expected);
        assertThat(findings).isEmpty();
      }
    }
  }

  @Test
  void tellsWhetherIdsFollowTime() throws UnavailableException {
    assertThat(history.idsFollowTime(100)).as("empty").isTrue();
    List<Row> rows = new ArrayList<>();
    for (int i = 1; i <= 5_000; i++) {
      // One in ten comes an hour late, one in a hundred a month.
      long late = i % 100 == 0 ? 30 * DAY : i % 10 == 0 ? DAY / 24 : 0;
      rows.add(new Row(2L * i, new Reading("d" + i, "temp", 40 * DAY + i * 60_000_000L - late, i)));
    }
    insert(rows);
    assertThat(history.idsFollowTime(10_000)).isTrue();

    database.execute("TRUNCATE TABLE sensor_data");
    rows.clear();
    for (int i = 1; i <= 5_000; i++) {
      rows.add(new Row(i, new Reading("d" + i, "temp", i * 7_919L % 5_000 * 600_000_000L, i)));
    }
    insert(rows);
    assertThat(history.idsFollowTime(5_000)).as("in no order").isFalse();

    database.execute("TRUNCATE TABLE sensor_data");
    rows.clear();
    for (int i = 1; i <= 5_000; i++) {
      rows.add(new Row(i, new Reading("d" + i, "temp", i % 500 * 600_000_000L, i)));
    }
    insert(rows);
    assertThat(history.idsFollowTime(5_000)).as("a device after the other").isFalse();
  }

  /** All readings up to an id, step by step, each checked against what a step promises. */
  private static List<Reading> steps(long lastId, int rows, List<Finding> found)
      throws UnavailableException {
    List<Reading> all = new ArrayList<>();
    long after = Long.MIN_VALUE;
    while (true) {
      ReadingBatch batch = new ReadingBatch();
      batch.clear(0);
      History.Step step = history.step(after, lastId, rows, batch, found::add);
      if (step.rows() == 0) {
        return all;
      }
      List<Reading> readings = readings(batch);
      assertThat(step.rows()).isLessThanOrEqualTo(rows);
      assertThat(step.firstId()).isGreaterThan(after).isLessThanOrEqualTo(step.lastId());
      assertThat(step.lastId()).isLessThanOrEqualTo(lastId);
      assertThat(readings)
          .allMatch(r -> r.tsMicros() >= step.fromTs() && r.tsMicros() <= step.toTs());
      all.addAll(readings);
      after = step.lastId();
    }
  }

  @Test
  void looksAtTheIndexAloneForTheEndOfAChunk() throws SQLException, UnavailableException {
    List<Row> rows = new ArrayList<>();
    for (int i = 1; i <= 20_000; i++) {
      rows.add(new Row(i, new Reading("d" + i, "temp", i < 15_000 ? 1_000 : 1_000 + i, i)));
    }
    insert(rows);
    Stretch stretch = new Stretch(new Position(1_000, 14_000), Stretch.endOfDay(0), 20_000);

    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      long before = handlerReads(statement);

      assertThat(TimeWalk.at(connection, stretch, 1_999)).contains(new Position(17_000, 16_000));
      assertThat(TimeWalk.last(connection, stretch)).contains(new Position(21_000, 20_000));

      assertThat(handlerReads(statement) - before).isLessThan(2_200);
    }
  }

  private static long handlerReads(Statement statement) throws SQLException {
    long reads = 0;
    try (ResultSet row = statement.executeQuery("SHOW SESSION STATUS LIKE 'Handler_read%'")) {
      while (row.next()) {
        reads += row.getString(1).contains("rnd") ? 0 : row.getLong(2);
      }
    }
    return reads;
  }

  @Test
  void walksByItsOwnIndexBesideOneThatWasThereBefore() throws UnavailableException {
    database.execute("CREATE INDEX for_graphs ON sensor_data (created_at, device_id)");
    try {
      insert(
          List.of(
              new Row(1, new Reading("b", "temp", 10, 1)),
              new Row(2, new Reading("a", "temp", 10, 1))));

      assertThat(chunks(2, 1)).extracting(Reading::device).containsExactly("b", "a");
    } finally {
      database.execute("DROP INDEX for_graphs ON sensor_data");
    }
  }

  @Test
  void findsEveryClassOfRowByItsKey() throws UnavailableException {
    database.execute(
        "SET sql_mode = 'ALLOW_INVALID_DATES'",
        "INSERT INTO sensor_data (id, device_id, metric, temp, value, created_at, superseded) VALUES"
            + " (1, 'good', 'temp', 1, NULL, '2026-01-01', 0),"
            + " (2, NULL, 'temp', 1, NULL, '2026-01-01', 0),"
            + " (3, 'd', 'temp', 1, NULL, NULL, 0),"
            + " (4, 'd', 'temp', NULL, 4, '2026-01-01', 0),"
            + " (5, 'd', 'hum', 4, NULL, '2026-01-01', 0),"
            + " (6, 'd', 'temp', 1, NULL, '1969-12-31 23:59:59.999999', 0),"
            + " (7, 'd', 'temp', 1, NULL, '0000-00-00', 0),"
            + " (8, 'd', 'temp', 1, NULL, '2026-02-31', 0),"
            + " (9, 'd', 'temp', 1, NULL, '2026-00-31', 0),"
            + " (10, '', 'temp', 1, NULL, '2026-01-01', 0),"
            + " (11, REPEAT('é', 65), 'temp', 1, NULL, '2026-01-01', 0),"
            + " (12, 'd', 'a\\nb', 1, 1, '2026-01-01', 0),"
            + " (13, _utf8mb4 X'64C285', 'temp', 1, 1, '2026-01-01', 0),"
            + " (14, 'twice', 'temp', 1, NULL, '2026-01-01', 14),"
            + " (15, 'twice', 'temp', 2, NULL, '2026-01-01', 0),"
            + " (16, 'gone', 'temp', 2, NULL, '2026-01-01', 16),"
            + " (17, 'ahead', 'temp', 1, NULL, '9999-12-31 23:59:59.999999', 0),"
            + " (18, 'ahead', 'temp', 1, NULL, UTC_TIMESTAMP(6) + INTERVAL 25 HOUR, 0),"
            + " (19, 'ahead', 'temp', 1, NULL, UTC_TIMESTAMP(6) + INTERVAL 23 HOUR, 0),"
            + " (20, 'later', 'temp', NULL, NULL, '2026-01-01', 0)");

    List<Finding> found = inspect(19);
    List<Finding> onTheWay = new ArrayList<>();
    history.foresee(19, onTheWay::add);
    List<Reading> stepped = steps(19, 4, onTheWay);

    assertThat(onTheWay).containsExactlyInAnyOrderElementsOf(found);
    assertThat(stepped).containsExactlyInAnyOrderElementsOf(chunks(19, 100));

    assertThat(found)
        .extracting(finding -> finding.rowClass().label() + " " + finding.key())
        .containsExactly(
            "incomplete id=2",
            "incomplete id=3",
            "incomplete id=4",
            "incomplete id=5",
            "before-1970 id=6",
            "before-1970 id=7",
            "incomplete id=8",
            "incomplete id=9",
            "invalid-name id=10",
            "invalid-name id=11",
            "invalid-name id=12",
            "invalid-name id=13",
            "duplicate id=14",
            "duplicate id=16",
            "far-future id=17",
            "far-future id=18");
    assertThat(found)
        .extracting(Finding::reason)
        .anyMatch(reason -> reason.contains("id=15 counts"))
        .anyMatch(reason -> reason.contains("9999-12-31") && reason.contains("ingest.max-ahead"))
        .anyMatch(reason -> reason.contains("130 bytes, allowed are 1..128"))
        .anyMatch(reason -> reason.contains("metric 'a\nb' holds a control character"))
        .anyMatch(reason -> reason.contains("1969-12-31 23:59:59.999999"))
        .anyMatch(reason -> reason.contains("2026-02-31"));
  }

  @Test
  void findsDevicesThatAnOldCollationTookForOne() throws UnavailableException {
    List<Row> rows = new ArrayList<>();
    List<String> devices =
        List.of("s-1", "S-1", "s-1 ", "s-2", "Gerät", "gerat", "😀", "🌡", "it's", "IT'S", "x\\y");
    for (String device : devices) {
      rows.add(new Row(rows.size() + 1, new Reading(device, "temp", rows.size(), 1)));
      rows.add(new Row(rows.size() + 1, new Reading(device, "hum", rows.size(), 1)));
    }
    insert(rows);

    List<Finding> found = inspect(1_000);

    assertThat(found).allMatch(finding -> finding.rowClass() == RowClass.SIMILAR_DEVICES);
    assertThat(found)
        .extracting(Finding::key)
        .containsExactlyInAnyOrder(
            "device_id='S-1','s-1','s-1 '",
            "device_id='Gerät','gerat'",
            "device_id='IT\\'S','it\\'s'");
  }

  @Test
  void inspectionEndsWhenProgressThrows() throws UnavailableException {
    insert(List.of(new Row(1, new Reading("d", "temp", 1, 1))));
    IllegalStateException cancelled = new IllegalStateException("cancelled");

    assertThatThrownBy(() ->
            history.inspect(
                1,
                finding -> {},
                (id, rows) -> {
                  throw cancelled;
                }))
        .isSameAs(cancelled);
    assertThat(inspect(1)).isEmpty();
  }

  @Test
  void tellsHowBusyTheServerIs() throws UnavailableException {
    assertThat(history.threadsRunning()).isPositive();
  }

  @Test
  void isUnavailableWhileTheServerIsAway() {
    MysqlConfig nowhere =
        new MysqlConfig(
            "jdbc:mysql://127.0.0.1:1/x", "u", "p", 1, 1, java.time.Duration.ofMillis(1));
    try (MysqlHistory away = new MysqlHistory(nowhere, Duration.ZERO, Optional.empty())) {
      assertThatThrownBy(away::lastId)
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining("mysql cannot be read");
    }
  }

  private static Position end(Position after, int rows) throws UnavailableException {
    return history.chunkEnd(after, 100, rows).orElseThrow();
  }

  /** Everything, chunk by chunk, each checked against what a chunk promises. */
  private static List<Reading> chunks(long lastId, int rows) throws UnavailableException {
    List<Reading> all = new ArrayList<>();
    Position after = Position.START;
    for (Optional<Position> end = history.chunkEnd(after, lastId, rows);
        end.isPresent();
        end = history.chunkEnd(after, lastId, rows)) {
      ReadingBatch batch = new ReadingBatch();
      batch.clear(0);
      history.read(after, end.get(), lastId, batch);
      List<Reading> chunk = readings(batch);
      assertThat(chunk).hasSizeLessThanOrEqualTo(rows);
      assertThat(chunk.stream().map(r -> r.tsMicros() / DAY).distinct().count()).isLessThan(2);
      assertThat(end.get()).isGreaterThan(after);
      all.addAll(chunk);
      after = end.get();
    }
    return all;
  }

  private static List<Reading> readings(ReadingBatch batch) {
    List<Reading> readings = new ArrayList<>();
    for (int i = 0; i < batch.size(); i++) {
      readings.add(batch.reading(i));
    }
    return readings;
  }

  private static List<Finding> inspect(long lastId) throws UnavailableException {
    List<Finding> found = new ArrayList<>();
    history.inspect(lastId, found::add, (id, rows) -> {});
    return found;
  }

  private static void insert(List<Row> rows) {
    StringBuilder sql = new StringBuilder();
    for (Row row : rows) {
      Reading reading = row.reading();
      boolean temp = reading.metric().equals("temp");
      sql.append(sql.isEmpty() ? "" : ", ")
          .append("(" + row.id() + ", '" + quoted(reading.device()) + "', '" + reading.metric())
          .append("', '" + UtcText.of(reading.tsMicros()) + "', ")
          .append(temp ? reading.value() + ", NULL)" : "NULL, " + reading.value() + ")");
    }
    database.execute(
        "INSERT INTO sensor_data (id, device_id, metric, created_at, temp, value) VALUES " + sql);
  }

  private static String quoted(String text) {
    return text.replace("\\", "\\\\").replace("'", "\\'");
  }
}
