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
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
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
