package dev.sluice.store.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.sluice.reading.Identity;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.ReadingStream;
import dev.sluice.store.WriteResult;
import dev.sluice.testing.TestMysql;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("mysql")
class MysqlScanIT {
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

  /** Few instants and many identities, corrected now and then: ids and instants disagree. */
  @Test
  void readsEveryReadingOnceInOrderOfTime() throws UnavailableException {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    Map<Identity, Reading> model = new HashMap<>();
    for (int batch = 0; batch < 4; batch++) {
      List<Reading> readings = new ArrayList<>();
      for (int i = 0; i < 4_000; i++) {
        Reading reading =
            new Reading(
                "d" + random.nextInt(60),
                random.nextBoolean() ? "temp" : "hum",
                random.nextInt(3) * 86_400_000_000L + random.nextInt(30),
                random.nextDouble());
        readings.add(reading);
        model.put(reading.identity(), reading);
      }
      write(readings);
    }

    List<Reading> all = readings(0, Long.MAX_VALUE);

    assertThat(all).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(model.values());
    assertThat(all).isSortedAccordingTo(Comparator.comparingLong(Reading::tsMicros));
    for (int i = 0; i < 20; i++) {
      long from = random.nextInt(3) * 86_400_000_000L + random.nextInt(30);
      long to = from + random.nextInt(20);
      assertThat(readings(from, to))
          .as("seed %d, from %d to %d", seed, from, to)
          .containsExactlyInAnyOrderElementsOf(
              model.values().stream()
                  .filter(r -> r.tsMicros() >= from && r.tsMicros() < to)
                  .toList());
    }
  }

  @Test
  void keepsEveryByteAndBitOfAReading() throws UnavailableException {
    List<Reading> readings =
        List.of(
            new Reading("edge", "temp", 0, -0.0),
            new Reading("edge", "first instant", 0, -0.0),
            new Reading("Gerät 🌡 ", "температура 😀", 1, Double.MIN_VALUE),
            new Reading("gerät 🌡", "température", 1_795_300_000_123_456L, Double.MAX_VALUE),
            new Reading("d".repeat(128), "m".repeat(128), 1_795_300_000_123_457L, 0.1 + 0.2),
            new Reading("it's \\ \"", "Temp", 1_795_300_000_123_458L, -1e-300),
            new Reading("edge", "last instant", Reading.MAX_TS_MICROS, 0x1.0000000000001p53));
    write(readings);

    assertThat(readings(0, Long.MAX_VALUE)).containsExactlyInAnyOrderElementsOf(readings);
    assertThat(readings(0, 1)).hasSize(2).allMatch(r -> Double.compare(r.value(), -0.0) == 0);
    assertThat(scan.find(readings.stream().map(Reading::identity).toList()))
        .containsExactlyInAnyOrderElementsOf(readings);
  }

  @Test
  void seesOnlyWhatIsAReading() throws UnavailableException {
    insertWhatIsNoReading("2026-01-01");
    database.execute(
        "INSERT INTO sensor_data (device_id, metric, temp, value, created_at) VALUES"
            + " ('good', 'temp', 1, 7, '2026-01-01'), ('good', 'hum', 7, 2, '2026-01-01')");

    assertThat(readings(0, Long.MAX_VALUE))
        .extracting(r -> r.device() + " " + r.metric() + " " + r.value())
        .containsExactlyInAnyOrder("good temp 1.0", "good hum 2.0");
  }

  /** The pages of a scan are smaller, at first. */
  @Test
  void goesOnInTheMidstOfManyReadingsOfOneInstant() throws UnavailableException {
    List<Reading> readings = new ArrayList<>();
    for (int i = 0; i < 7_000; i++) {
      readings.add(new Reading("d" + i, "temp", 1_000 + (i < 3_300 ? 0 : i < 6_600 ? 1 : 2), i));
    }
    write(readings);

    assertThat(readings(1_000, 1_003)).containsExactlyInAnyOrderElementsOf(readings);
    assertThat(readings(1_001, 1_002)).hasSize(3_300);
    assertThat(readings(1_003, Long.MAX_VALUE)).isEmpty();
  }

  /** The pool has three connections. */
  @Test
  void holdsNoConnectionBetweenPages() throws UnavailableException {
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
  void tellsTheFirstReadingFromAnInstantOn() throws UnavailableException {
    insertWhatIsNoReading("1970-01-01 00:00:00.000010");
    write(List.of(new Reading("d", "temp", 20, 1), new Reading("d", "hum", 50, 1)));

    assertThat(scan.firstFrom(0)).isEqualTo(OptionalLong.of(20));
    assertThat(scan.firstFrom(20)).isEqualTo(OptionalLong.of(20));
    assertThat(scan.firstFrom(21)).isEqualTo(OptionalLong.of(50));
    assertThat(scan.firstFrom(51)).isEmpty();
    assertThat(scan.firstFrom(Long.MAX_VALUE)).isEmpty();
    assertThat(scan.firstFrom(-5)).isEqualTo(OptionalLong.of(20));
  }

  @Test
  void readsNothingInAnEmptyRange() throws UnavailableException {
    write(List.of(new Reading("d", "temp", 20, 1)));

    assertThat(readings(20, 20)).isEmpty();
    assertThat(readings(21, 20)).isEmpty();
    assertThat(readings(-10, 0)).isEmpty();
    assertThat(readings(Reading.MAX_TS_MICROS + 1, Long.MAX_VALUE)).isEmpty();
    assertThat(readings(-10, 21)).hasSize(1);
  }

  @Test
  void findsExactlyWhatItIsAskedFor() throws UnavailableException {
    List<Reading> readings = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      readings.add(new Reading("d" + i % 10, i % 3 == 0 ? "temp" : "m", i, i));
    }
    write(readings);
    database.execute(
        "INSERT INTO sensor_data (device_id, temp, created_at, superseded)"
            + " VALUES ('old', 1, '1970-01-01 00:00:00.000001', 9)");
    List<Identity> wanted =
        new ArrayList<>(readings.subList(0, 350).stream().map(Reading::identity).toList());
    wanted.addAll(wanted.subList(0, 20));
    wanted.add(new Identity("D1", "m", 1));
    wanted.add(new Identity("d1 ", "m", 1));
    wanted.add(new Identity("d1", "M", 1));
    wanted.add(new Identity("d1", "m", 2));
    wanted.add(new Identity("d1", "m", -1));
    wanted.add(new Identity("d1", "m", Long.MAX_VALUE));
    wanted.add(new Identity("old", "temp", 1));

    assertThat(scan.find(wanted)).containsExactlyInAnyOrderElementsOf(readings.subList(0, 350));
    assertThat(scan.find(List.of())).isEmpty();
  }

  @Test
  void saysWhatToDoWithoutItsIndexAndGoesOnWithIt() throws UnavailableException {
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
  void saysWhatToDoWhenItsIndexIsThereButNotToBeUsed() throws UnavailableException {
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
  void readsBytesAsUtf8WhateverTheUrlSays() throws UnavailableException {
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

  private static List<Reading> readings(long from, long to) throws UnavailableException {
    List<Reading> readings = new ArrayList<>();
    try (ReadingStream stream = scan.scan(from, to)) {
      while (stream.next()) {
        readings.add(
            new Reading(stream.device(), stream.metric(), stream.tsMicros(), stream.value()));
      }
    }
    return readings;
  }

  private static void write(List<Reading> readings) {
    ReadingBatch batch = new ReadingBatch();
    batch.clear(0);
    readings.forEach(batch::add);
    assertThat(sink.write(batch)).isInstanceOf(WriteResult.Written.class);
  }
}
