package dev.sluice.store.questdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.reading.Identity;
import dev.sluice.reading.Reading;
import dev.sluice.store.MirrorStore;
import dev.sluice.store.ReadingQuery;
import dev.sluice.store.ReadingScan;
import dev.sluice.store.ReadingSource;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.ReadingStream;
import dev.sluice.store.Sink;
import dev.sluice.store.StoreContract;
import dev.sluice.store.WriteResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What holds of QuestDB read as a whole, embedded or remote. */
public abstract class QuestDbScanContract {
  public static final long DAY = 86_400_000_000L;

  public abstract ReadingScan scan();

  public abstract ReadingSource source();

  public abstract Sink sink();

  public abstract MirrorStore mirror();

  public abstract QuestDbSql sql();

  /** Leaves an empty table. */
  public final void remake() throws Exception {
    sql().execute("DROP TABLE IF EXISTS readings");
    sql().execute("DROP TABLE IF EXISTS sluice_schema_history");
    QuestDbSql sql = sql();
    new QuestDbSchema(sql::execute, sql::query).migrate();
  }

  /** Few instants, written out of order, over several partitions. */
  @Test
  void tellsTheDaysThatHaveReadings() throws Exception {
    long[] days = {0, 1, 20_783, 2_932_896};
    for (long day : days) {
      write(List.of(new Reading("d", "m", day * DAY + 5, 1), new Reading("e", "m", day * DAY, 1)));
    }

    assertThat(mirror().days()).containsExactly(0L, 1L, 20_783L, 2_932_896L);
  }

  @Test
  void readsEveryReadingOnceInOrderOfTime() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    Map<Identity, Reading> model = new HashMap<>();
    for (int batch = 0; batch < 3; batch++) {
      List<Reading> readings = new ArrayList<>();
      for (int i = 0; i < 3_000; i++) {
        Reading reading =
            new Reading(
                "d" + random.nextInt(60),
                random.nextBoolean() ? "temp" : "hum",
                random.nextInt(3) * DAY + random.nextInt(40),
                random.nextDouble());
        readings.add(reading);
        model.put(reading.identity(), reading);
      }
      write(readings);
    }

    List<Reading> all = readings(0, Long.MAX_VALUE);

    assertThat(all).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(model.values());
    assertThat(all).isSortedAccordingTo(Comparator.comparingLong(Reading::tsMicros));
    for (int i = 0; i < 10; i++) {
      long from = random.nextInt(3) * DAY + random.nextInt(40);
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
  void keepsEveryByteAndBitOfAReading() throws Exception {
    List<Reading> readings =
        List.of(
            new Reading("edge", "first instant", 0, -0.0),
            new Reading("Gerät 🌡 ", "температура 😀", 1, Double.MIN_VALUE),
            new Reading("gerät 🌡", "température", 1_795_300_000_123_456L, Double.MAX_VALUE),
            new Reading("d".repeat(128), "m".repeat(255), 1_795_300_000_123_457L, 0.1 + 0.2),
            new Reading("it's, \\ \"a\"", "Temp", 1_795_300_000_123_458L, -1e-300),
            new Reading("null", "null", 1_795_300_000_123_459L, 1e7),
            new Reading("edge", "last instant", Reading.MAX_TS_MICROS, 0x1.0000000000001p53));
    write(readings);

    assertThat(readings(0, Long.MAX_VALUE)).containsExactlyElementsOf(readings);
    assertThat(Double.compare(readings(0, 1).getFirst().value(), -0.0)).isZero();
    assertThat(scan().find(readings.stream().map(Reading::identity).toList()))
        .containsExactlyInAnyOrderElementsOf(readings);
  }

  @Test
  void seesOnlyWhatIsAReading() throws Exception {
    sql()
        .execute(
            "INSERT INTO readings (ts, device_id, metric, value) VALUES (10, 'a', 'm', NULL),"
                + " (10, NULL, 'm', 1), (10, 'b', NULL, 1), (10, '', 'm', 1), (10, 'c', '', 1),"
                + " (11, 'd\u0085', 'm', 1), (12, '"
                + "é".repeat(65)
                + "', 'm', 1), (13, 'd', 'm', 13), (14, NULL, NULL, NULL),"
                + " (15, 'd', 'm', NULL), (16, 'd', NULL, 1), (17, 'd', '', 1)");
    awaitVisible();

    assertThat(readings(0, Long.MAX_VALUE)).containsExactly(new Reading("d", "m", 13, 13));
    assertThat(scan().firstFrom(0)).isEqualTo(OptionalLong.of(13));
    assertThat(scan().firstFrom(14)).isEmpty();
    List<Reading> page = new ArrayList<>();
    source()
        .read(
            new ReadingQuery("d", Optional.empty(), 0, 100, false, Optional.empty(), 9), page::add);
    assertThat(page).containsExactly(new Reading("d", "m", 13, 13));
  }

  @Test
  void tellsTheFirstReadingFromAnInstantOn() throws Exception {
    assertThat(scan().firstFrom(0)).isEmpty();
    write(List.of(new Reading("d", "m", 20, 1), new Reading("d", "m", 40 * DAY, 1)));

    assertThat(scan().firstFrom(-5)).isEqualTo(OptionalLong.of(20));
    assertThat(scan().firstFrom(20)).isEqualTo(OptionalLong.of(20));
    assertThat(scan().firstFrom(21)).isEqualTo(OptionalLong.of(40 * DAY));
    assertThat(scan().firstFrom(40 * DAY + 1)).isEmpty();
    assertThat(scan().firstFrom(Long.MAX_VALUE)).isEmpty();
  }

  @Test
  void readsNothingInAnEmptyRange() throws Exception {
    write(List.of(new Reading("d", "m", 20, 1)));

    assertThat(readings(20, 20)).isEmpty();
    assertThat(readings(21, 20)).isEmpty();
    assertThat(readings(-10, 0)).isEmpty();
    assertThat(readings(-10, 21)).hasSize(1);
  }

  @Test
  void findsExactlyWhatItIsAskedFor() throws Exception {
    List<Reading> readings = new ArrayList<>();
    for (int i = 0; i < 1_500; i++) {
      readings.add(new Reading("d" + i % 10, i % 3 == 0 ? "temp" : "m", i / 2 * 1_000L, i));
    }
    write(readings);
    List<Identity> wanted =
        new ArrayList<>(readings.subList(0, 950).stream().map(Reading::identity).toList());
    wanted.addAll(wanted.subList(0, 20));
    wanted.add(new Identity("D1", "m", 0));
    wanted.add(new Identity("d1", "m", 1));
    wanted.add(new Identity("d1", "m", -1));

    assertThat(scan().find(wanted)).containsExactlyInAnyOrderElementsOf(readings.subList(0, 950));
    assertThat(scan().find(List.of())).isEmpty();
  }

  @Test
  void closingEarlyLeavesNothingBehind() throws Exception {
    List<Reading> readings = new ArrayList<>();
    for (int i = 0; i < 30_000; i++) {
      readings.add(new Reading("d" + i, "m", i, i));
    }
    write(readings);

    for (int i = 0; i < 40; i++) {
      try (ReadingStream stream = scan().scan(0, Long.MAX_VALUE)) {
        assertThat(stream.next()).isTrue();
        assertThat(stream.next()).isTrue();
      }
    }

    assertThat(readings(0, Long.MAX_VALUE)).hasSize(30_000);
  }

  @Test
  void saysThatItsTableIsMissing() throws Exception {
    sql().execute("DROP TABLE readings");

    assertThatThrownBy(() -> readings(0, 10))
        .isInstanceOf(UnavailableException.class)
        .hasMessageContaining("./sluice migrate");
    assertThatThrownBy(() -> mirror().walStatus())
        .isInstanceOf(UnavailableException.class)
        .hasMessageContaining("./sluice migrate");
  }

  @Test
  void aTableMadeAnewUnderAScanEndsIt() throws Exception {
    write(List.of(new Reading("d", "m", 20, 1), new Reading("d", "m", 21, 1)));

    try (ReadingStream stream = scan().scan(0, Long.MAX_VALUE)) {
      assertThat(stream.next()).isTrue();
      remake();

      assertThatThrownBy(
              () -> {
                while (stream.next()) {}
              })
          .isInstanceOf(UnavailableException.class);
    }
  }

  @Test
  void tellsHowFarTheTableIsApplied() throws Exception {
    long before = mirror().walStatus().sequencerTxn();
    write(List.of(new Reading("d", "m", 20, 1)));

    assertThat(mirror().walStatus().suspended()).isFalse();
    assertThat(mirror().walStatus().sequencerTxn()).isEqualTo(before + 1);
    assertThat(mirror().walStatus().visibleLag()).isZero();
    assertThat(mirror().syncsCommits()).isTrue();
  }

  public void write(List<Reading> readings) throws Exception {
    await()
        .atMost(Duration.ofMinutes(2))
        .until(() -> sink().write(StoreContract.batch(readings)) instanceof WriteResult.Written);
    awaitVisible();
  }

  public void awaitVisible() {
    await().atMost(Duration.ofMinutes(2)).until(() -> mirror().walStatus().visibleLag() == 0);
  }

  public List<Reading> readings(long from, long to) throws UnavailableException {
    return readings(scan(), from, to);
  }

  public static List<Reading> readings(ReadingScan scan, long from, long to)
      throws UnavailableException {
    List<Reading> readings = new ArrayList<>();
    try (ReadingStream stream = scan.scan(from, to)) {
      while (stream.next()) {
        readings.add(
            new Reading(stream.device(), stream.metric(), stream.tsMicros(), stream.value()));
      }
    }
    return readings;
  }
}
