package dev.sluice.store.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.ReadingQuery;
import dev.sluice.store.ReadingQuery.Position;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.testing.TestMysql;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("mysql")
class MysqlReadingsIT {
  private static final List<String> METRICS = List.of("temp", "hum", "Hum", "hum ", "ü", "🌡", "ﬀ");
  private static final int INSTANTS = 3000;
  private static final Comparator<Reading> ORDER =
      Comparator.comparingLong(Reading::tsMicros)
          .thenComparing(r -> r.metric().getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned);

  private static final List<Reading> ALL = new ArrayList<>();
  private static TestMysql database;
  private static MysqlReadings readings;

  @BeforeAll
  static void fill() {
    database = MysqlFixture.migrated();
    readings = new MysqlReadings(MysqlFixture.config(database, 1, 1, ""), Optional.empty());
    ReadingBatch batch = new ReadingBatch();
    batch.clear(0);
    for (int i = 0; i < INSTANTS * METRICS.size(); i++) {
      Reading reading =
          new Reading("d", METRICS.get(i % METRICS.size()), 1000L + i / METRICS.size(), i);
      ALL.add(reading);
      batch.add(reading);
      if (i % 10 == 0) {
        batch.add(new Reading("e", "temp", i, i));
      }
    }
    ALL.sort(ORDER);
    MysqlSink sink = MysqlFixture.sink(MysqlFixture.config(database, 2, 5000, ""));
    for (int from = 0; from < batch.size(); from += sink.maxBatch()) {
      sink.write(batch.part(from, Math.min(batch.size(), from + sink.maxBatch())));
    }
    sink.close();
  }

  @AfterAll
  static void close() {
    readings.close();
  }

  @Test
  void pagesThroughADeviceInBothDirectionsWithoutGapOrRepetition() throws UnavailableException {
    for (boolean descending : new boolean[] {false, true}) {
      List<Reading> expected = new ArrayList<>(ALL);
      if (descending) {
        expected = expected.reversed();
      }
      assertThat(pages(Optional.empty(), descending, 4999)).isEqualTo(expected);
    }
  }

  @Test
  void answersRandomPagesAsAListInMemoryWould() throws UnavailableException {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 200; i++) {
      ReadingQuery query = random(random);

      List<Reading> page = new ArrayList<>();
      readings.read(query, page::add);

      assertThat(page).as("%s", query).isEqualTo(expected(query));
    }
  }

  @Test
  void leavesOutSupersededRowsAndRowsWithoutAValue() throws UnavailableException {
    database.execute(
        "INSERT INTO sensor_data (device_id, metric, temp, value, created_at, superseded) VALUES"
            + " ('old', 'temp', 1, NULL, '2026-01-01', 77), ('old', 'temp', NULL, 5, '2026-01-01', 0),"
            + " ('old', 'hum', 6, NULL, '2026-01-01', 0), ('old', 'temp', 2, 9, '2026-01-02', 0),"
            + " ('old', 'temp', 3, NULL, NULL, 0)");

    assertThat(MysqlFixture.readings(readings, "old"))
        .extracting(Reading::value)
        .containsExactly(2.0);
  }

  @Test
  void touchesFewRowsHoweverManyThereAre() throws SQLException {
    Optional<Position> middle = Optional.of(new Position(1000 + INSTANTS / 2, "hum"));
    for (Optional<String> metric : List.of(Optional.<String>empty(), Optional.of("temp"))) {
      for (boolean descending : new boolean[] {false, true}) {
        ReadingQuery query =
            new ReadingQuery("d", metric, 0, Long.MAX_VALUE, descending, middle, 10);

        assertThat(rowsTouched(PageQuery.of(query))).as("%s", query).isLessThan(200);
      }
    }
  }

  @Test
  void asksNothingForAnEmptyRange() throws UnavailableException {
    List<Reading> page = new ArrayList<>();
    readings.read(
        new ReadingQuery("d", Optional.empty(), 50, 50, false, Optional.empty(), 10), page::add);

    assertThat(page).isEmpty();
  }

  private static List<Reading> pages(Optional<String> metric, boolean descending, int limit)
      throws UnavailableException {
    List<Reading> all = new ArrayList<>();
    Optional<Position> after = Optional.empty();
    int before;
    do {
      before = all.size();
      readings.read(
          new ReadingQuery("d", metric, 0, Long.MAX_VALUE, descending, after, limit), all::add);
      after = Optional.of(new Position(all.getLast().tsMicros(), all.getLast().metric()));
    } while (all.size() == before + limit);
    return all;
  }

  private static ReadingQuery random(SplittableRandom random) {
    long from = random.nextInt(900, 1100 + INSTANTS);
    return new ReadingQuery(
        "d",
        random.nextBoolean() ? Optional.empty() : Optional.of(metric(random)),
        from,
        from + random.nextInt(500),
        random.nextBoolean(),
        random.nextBoolean()
            ? Optional.empty()
            : Optional.of(new Position(from + random.nextInt(-20, 520), metric(random))),
        1 + random.nextInt(300));
  }

  private static String metric(SplittableRandom random) {
    return METRICS.get(random.nextInt(METRICS.size()));
  }

  private static List<Reading> expected(ReadingQuery query) {
    Comparator<Reading> order = query.descending() ? ORDER.reversed() : ORDER;
    return ALL.stream()
        .filter(r -> r.tsMicros() >= query.fromMicros() && r.tsMicros() < query.toMicros())
        .filter(r -> query.metric().map(r.metric()::equals).orElse(true))
        .filter(r ->
            query
                .after()
                .map(p -> order.compare(new Reading("d", p.metric(), p.tsMicros(), 0), r) < 0)
                .orElse(true))
        .sorted(order)
        .limit(query.limit())
        .toList();
  }

  private static long rowsTouched(PageQuery page) throws SQLException {
    try (Connection connection = database.connect();
        Statement status = connection.createStatement();
        PreparedStatement statement = connection.prepareStatement(page.sql())) {
      int parameter = 1;
      for (Object value : page.parameters()) {
        statement.setObject(parameter++, value);
      }
      long before = handlerReads(status);
      try (ResultSet result = statement.executeQuery()) {
        assertThat(result.next()).isTrue();
      }
      return handlerReads(status) - before;
    }
  }

  private static long handlerReads(Statement statement) throws SQLException {
    long reads = 0;
    try (ResultSet row = statement.executeQuery("SHOW SESSION STATUS LIKE 'Handler_read%'")) {
      while (row.next()) {
        if (!row.getString(1).contains("rnd")) {
          reads += row.getLong(2);
        }
      }
    }
    return reads;
  }
}
