package dev.sluice.store.questdb.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.reading.Identity;
import dev.sluice.reading.Reading;
import dev.sluice.store.MirrorStore;
import dev.sluice.store.ReadingScan;
import dev.sluice.store.ReadingSource;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.ReadingStream;
import dev.sluice.store.Sink;
import dev.sluice.store.StoreContract;
import dev.sluice.store.questdb.QuestDbScanContract;
import dev.sluice.store.questdb.QuestDbSql;
import dev.sluice.store.questdb.RowQuery;
import dev.sluice.store.questdb.TestConfigs;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

class QuestDbScanIT extends QuestDbScanContract {
  @TempDir Path directory;
  private EmbeddedQuestDb database;
  private QuestDbSink sink;

  @BeforeEach
  void open() throws Exception {
    database = EmbeddedQuestDb.open(TestConfigs.embedded(directory));
    sink = new QuestDbSink(database, TestConfigs.embedded(directory));
    remake();
  }

  @AfterEach
  void close() {
    sink.close();
    database.close();
  }

  @Override
  public ReadingScan scan() {
    return database.scan();
  }

  @Override
  public ReadingSource source() {
    return database.readings();
  }

  @Override
  public Sink sink() {
    return sink;
  }

  @Override
  public MirrorStore mirror() {
    return database.mirror();
  }

  @Override
  public QuestDbSql sql() {
    return database.sql();
  }

  @Test
  void sortsNothing() throws Exception {
    for (RowQuery query :
        List.of(RowQuery.range(100_000, DAY), RowQuery.at(List.of(100_000L, DAY)))) {
      String plan = sql().query("EXPLAIN " + query.literalSql(true)).toString();

      assertThat(plan)
          .contains("Interval forward scan", "1970-01-01T00:00:00.100000Z")
          .doesNotContainIgnoringCase("sort")
          .doesNotContainIgnoringCase("filter");
    }
  }

  /** On processors that the engine compiles filters for. */
  @Test
  @EnabledIfSystemProperty(named = "os.arch", matches = "amd64|x86_64")
  void findsADeviceByACompiledFilterOverItsHash() throws Exception {
    write(List.of(new Reading("d", "m", 20, 1)));
    for (Optional<String> metric : List.of(Optional.<String>empty(), Optional.of("m"))) {
      RowQuery query = new RowQuery(Optional.of("d"), metric, 0, DAY, List.of(), true);
      String plan =
          sql()
              .query(
                  "EXPLAIN "
                      + query
                          .boundSqlByHash()
                          .replace("$1", "cast(0 AS TIMESTAMP)")
                          .replace("$2", "cast(100 AS TIMESTAMP)")
                          .replace("$4", "'m'")
                          .replace("$5", "7"))
              .toString();

      assertThat(plan).contains("Async JIT Filter", "Interval").doesNotContainIgnoringCase("sort");
    }
  }

  @Test
  void isASnapshotOfEachDay() throws Exception {
    write(List.of(new Reading("d", "m", 20, 1), new Reading("d", "m", DAY - 1, 1)));

    try (ReadingStream stream = scan().scan(0, Long.MAX_VALUE)) {
      assertThat(stream.next()).isTrue();
      write(List.of(new Reading("d", "m", 21, 1), new Reading("d", "m", DAY - 1, 2)));

      assertThat(stream.next()).isTrue();
      assertThat(stream.tsMicros()).isEqualTo(DAY - 1);
      assertThat(stream.value()).isEqualTo(1);
      assertThat(stream.next()).isFalse();
    }
  }

  @Test
  void removesReadingsAndNothingElse() throws Exception {
    List<Reading> stay = new ArrayList<>();
    List<Identity> gone = new ArrayList<>();
    // The first and the last row of the table, both sides of a partition's edge, an instant alone.
    for (long ts : new long[] {0, 1, 2, DAY - 1, DAY, DAY + 1, 5 * DAY, Reading.MAX_TS_MICROS}) {
      for (String device : List.of("a", "b", "ü 🌡", "it's")) {
        Reading reading = new Reading(device, "m", ts, ts == 0 ? -0.0 : ts);
        boolean goes = device.equals("b") || ts == 1 || ts == DAY || ts == Reading.MAX_TS_MICROS;
        if (goes) {
          gone.add(reading.identity());
        } else {
          stay.add(reading);
        }
        write(List.of(reading));
      }
    }
    gone.add(new Identity("a", "other", 0));
    gone.add(new Identity("a", "m", 77));
    gone.add(new Identity("A", "m", 0));

    mirror().remove(gone);
    awaitVisible();

    assertThat(readings(0, Long.MAX_VALUE)).containsExactlyInAnyOrderElementsOf(stay);
  }

  @Test
  void removesTheLastReadingOfTheTableAndTakesItBack() throws Exception {
    Reading only = new Reading("d", "m", 20, 1);
    write(List.of(only));

    mirror().remove(List.of(only.identity()));
    awaitVisible();
    assertThat(readings(0, Long.MAX_VALUE)).isEmpty();

    write(List.of(only));
    assertThat(readings(0, Long.MAX_VALUE)).containsExactly(only);
  }

  @Test
  void keepsRowsThatAreNoReadingsBesideOneItRemoves() throws Exception {
    sql()
        .execute(
            "INSERT INTO readings (ts, device_id, metric, value) VALUES (10, 'a', 'm', NULL),"
                + " (10, NULL, 'm', 1), (10, 'null', NULL, 2), (10, 'a', 'x', 3)");
    awaitVisible();

    mirror()
        .remove(
            List.of(
                new Identity("a", "x", 10),
                new Identity("null", "m", 10),
                new Identity("null", "null", 10)));
    awaitVisible();

    assertThat(
            sql()
                .query(
                    "SELECT concat(device_id, '|', metric, '|', cast(value AS STRING))"
                        + " FROM readings"))
        .containsExactlyInAnyOrder(List.of("a|m|"), List.of("|m|1.0"), List.of("null||2.0"));
  }

  @Test
  void removalSurvivesReopening() throws Exception {
    write(List.of(new Reading("a", "m", 20, 1), new Reading("b", "m", 20, 1)));
    mirror().remove(List.of(new Identity("a", "m", 20)));
    close();

    database = EmbeddedQuestDb.open(TestConfigs.embedded(directory));
    sink = new QuestDbSink(database, TestConfigs.embedded(directory));
    awaitVisible();

    assertThat(readings(0, 100)).containsExactly(new Reading("b", "m", 20, 1));
  }

  @Test
  void commitsNothingWhenThereIsNothingToRemove() throws Exception {
    write(List.of(new Reading("a", "m", 20, 1)));
    long before = mirror().walStatus().sequencerTxn();

    mirror().remove(List.of(new Identity("b", "m", 20), new Identity("a", "m", 21)));

    assertThat(mirror().walStatus().sequencerTxn()).isEqualTo(before);
    write(List.of(new Reading("c", "m", 20, 1)));
    assertThat(readings(0, 100)).hasSize(2);
  }

  @Test
  void removesNothingFromATableWithAColumnItDoesNotKnow() throws Exception {
    write(List.of(new Reading("a", "m", 20, 1)));
    sql().execute("ALTER TABLE readings ADD COLUMN site VARCHAR");
    awaitVisible();

    assertThatThrownBy(() -> mirror().remove(List.of(new Identity("a", "m", 20))))
        .isInstanceOf(UnavailableException.class)
        .hasMessageContaining("6 columns");
    assertThat(readings(0, 100)).hasSize(1);
  }

  /** What is not applied is not seen, and would be lost with what is replaced. */
  @Test
  void removesNothingWhileSomethingIsNotApplied() throws Exception {
    write(List.of(new Reading("a", "m", 20, 1)));
    List<Identity> one = List.of(new Identity("a", "m", 20));
    boolean refused = false;
    for (int i = 0; i < 200 && !refused; i++) {
      sink.write(StoreContract.batch(List.of(new Reading("b", "m", 20, i))));
      if (mirror().walStatus().visibleLag() > 0) {
        try {
          mirror().remove(one);
        } catch (UnavailableException e) {
          refused = true;
        }
      }
    }
    awaitVisible();

    assertThat(refused).isTrue();
    assertThat(readings(0, 100)).contains(new Reading("a", "m", 20, 1));
  }
}
