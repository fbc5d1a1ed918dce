package dev.sluice.store.questdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.reading.Reading;
import dev.sluice.store.MirrorStore;
import dev.sluice.store.ReadingQuery;
import dev.sluice.store.ReadingSource;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.ReadingStream;
import dev.sluice.store.ScanContract;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What holds of QuestDB read as a whole, embedded or remote. */
public abstract class QuestDbScanContract extends ScanContract {
  public abstract ReadingSource source();

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

  /** Rows without a hash are from before the table had that column. */
  @Test
  void findsADevicesReadingsWithAHashAndWithout() throws Exception {
    List<Reading> all = new ArrayList<>();
    for (int i = 0; i < 600; i++) {
      all.add(new Reading("d" + i % 3, i % 2 == 0 ? "m" : "n", i * DAY / 100, i));
    }
    for (int from = 0; from < all.size(); from += 50) {
      sql()
          .execute(
              "INSERT INTO readings (ts, device_id, metric, value) VALUES "
                  + all.subList(from, from + 50).stream()
                      .map(r ->
                          "(cast(%d AS TIMESTAMP),'%s','%s',%s)"
                              .formatted(r.tsMicros(), r.device(), r.metric(), r.value()))
                      .collect(Collectors.joining(",")));
    }
    List<Reading> later = new ArrayList<>();
    for (int i = 550; i < 1_200; i++) {
      // The first of them are in days that also have rows without a hash.
      later.add(new Reading("d" + i % 3, i % 2 == 0 ? "m" : "n", i * DAY / 100 + 1, i));
    }
    // Late: alone among rows without a hash, and the oldest row of a day of such rows.
    later.add(new Reading("d1", "m", 2 * DAY + DAY / 2 + 7, -1));
    later.add(new Reading("d1", "m", 3 * DAY - 1, -2));
    write(later);
    all.addAll(later);

    for (Optional<String> metric : List.of(Optional.<String>empty(), Optional.of("n"))) {
      for (boolean descending : new boolean[] {false, true}) {
        List<Reading> expected =
            all.stream()
                .filter(
                    r -> r.device().equals("d1") && r.metric().equals(metric.orElse(r.metric())))
                .sorted(
                    descending
                        ? Comparator.comparingLong(Reading::tsMicros).reversed()
                        : Comparator.comparingLong(Reading::tsMicros))
                .toList();
        assertThat(page("d1", metric, descending, 10_000)).isEqualTo(expected);
        assertThat(page("d1", metric, descending, 100)).isEqualTo(expected.subList(0, 100));
      }
    }
  }

  @Test
  void tellsDevicesOfOneHashApart() throws Exception {
    Map<Integer, String> names = new HashMap<>();
    String one = "";
    String other = "";
    for (int i = 0; other.isEmpty(); i++) {
      one = "sensor-" + i;
      other = Objects.requireNonNullElse(names.put(DeviceHash.of(one), one), "");
    }
    write(
        List.of(
            new Reading(one, "m", 1, 1),
            new Reading(other, "m", 2, 2),
            new Reading(one, "m", 3, 3)));

    assertThat(page(one, Optional.empty(), false, 10))
        .containsExactly(new Reading(one, "m", 1, 1), new Reading(one, "m", 3, 3));
    assertThat(page(other, Optional.empty(), true, 10))
        .containsExactly(new Reading(other, "m", 2, 2));
  }

  private List<Reading> page(String device, Optional<String> metric, boolean descending, int limit)
      throws Exception {
    List<Reading> page = new ArrayList<>();
    source()
        .read(
            new ReadingQuery(
                device, metric, 0, Long.MAX_VALUE, descending, Optional.empty(), limit),
            page::add);
    return page;
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

  @Override
  public void awaitVisible() {
    await().atMost(Duration.ofMinutes(2)).until(() -> mirror().walStatus().visibleLag() == 0);
  }
}
