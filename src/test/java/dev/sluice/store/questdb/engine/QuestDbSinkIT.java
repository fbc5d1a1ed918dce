package dev.sluice.store.questdb.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.reading.Reading;
import dev.sluice.store.ReadingSource;
import dev.sluice.store.Sink;
import dev.sluice.store.StoreContract;
import dev.sluice.store.WalStatus;
import dev.sluice.store.WriteResult;
import dev.sluice.store.questdb.QuestDbConfig;
import dev.sluice.store.questdb.QuestDbSchema;
import dev.sluice.store.questdb.TestConfigs;
import dev.sluice.store.questdb.WriterProcess;
import io.questdb.cairo.CairoException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuestDbSinkIT extends StoreContract {
  @TempDir Path directory;
  private QuestDbConfig config;
  private EmbeddedQuestDb database;
  private QuestDbSink sink;

  @BeforeEach
  void open() throws Exception {
    config = TestConfigs.embedded(directory);
    database = EmbeddedQuestDb.open(config);
    new QuestDbSchema(database.sql()::execute, database.sql()::query).migrate();
    sink = new QuestDbSink(database, config);
  }

  @AfterEach
  void close() {
    sink.close();
    database.close();
  }

  @Override
  public Sink sink() {
    return sink;
  }

  @Override
  public ReadingSource source() {
    return database.readings();
  }

  @Override
  public void awaitVisible() {
    await().atMost(Duration.ofMinutes(3)).until(() -> status().visibleLag() == 0);
  }

  private WalStatus status() {
    return database.status().orElseThrow();
  }

  @Test
  void isDurableWhenItAnswers() {
    long before = status().sequencerTxn();

    assertThat(sink.write(batch(List.of(new Reading("d", "m", 1, 1)))))
        .isEqualTo(WriteResult.Written.DURABLE);
    assertThat(status().sequencerTxn()).isEqualTo(before + 1);
  }

  /** Applying takes longer than the next write to begin. */
  @Test
  void takesNothingWhileItIsBehindWithApplyingAndGoesOnByItself() throws Exception {
    sink.close();
    sink = new QuestDbSink(database, config, 0);
    List<WriteResult> results = new ArrayList<>();

    for (int i = 0; i < 200; i++) {
      results.add(sink.write(batch(List.of(new Reading("d", "m", i, i)))));
    }

    assertThat(results).hasAtLeastOneElementOfType(WriteResult.Busy.class);
    awaitVisible();
    write(List.of(new Reading("d", "m", 1_000, 1)));
  }

  @Test
  void blamesNoReadingForALackOfMemoryOrADroppedTable() {
    assertThat(QuestDbSink.isRefusal(CairoException.nonCritical().put("before 1970"))).isTrue();
    assertThat(QuestDbSink.isRefusal(CairoException.nonCritical().setOutOfMemory(true))).isFalse();
    assertThat(QuestDbSink.isRefusal(CairoException.tableDoesNotExist("readings"))).isFalse();
    assertThat(QuestDbSink.isRefusal(CairoException.critical(28))).isFalse();
  }

  @Test
  void isUnavailableWithoutItsTable() throws Exception {
    database.sql().execute("DROP TABLE readings");

    assertThat(sink.write(batch(List.of(new Reading("d", "m", 1, 1)))))
        .isInstanceOfSatisfying(
            WriteResult.Unavailable.class,
            unavailable -> assertThat(unavailable.reason()).contains("./sluice migrate"));
  }

  @Test
  void writesAgainAfterTheTableWasMadeAnew() throws Exception {
    write(List.of(new Reading("d", "m", 1, 1)));
    database.sql().execute("DROP TABLE readings");
    database.sql().execute("DROP TABLE sluice_schema_history");
    new QuestDbSchema(database.sql()::execute, database.sql()::query).migrate();

    await()
        .atMost(Duration.ofMinutes(2))
        .until(() ->
            sink.write(batch(List.of(new Reading("d", "m", 1, 2)))) instanceof WriteResult.Written);
    awaitVisible();

    assertThat(all("d")).containsExactly(new Reading("d", "m", 1, 2));
  }

  /** The engine would write the whole day anew: it cuts it where the overlap begins. */
  @Test
  void leavesMostOfTheDayAloneWhereReadingsOverlap() throws Exception {
    int first = 200_000;
    write(IntStream.range(0, first).mapToObj(i -> new Reading("d" + i % 9, "m", i, i)).toList());
    write(IntStream.range(0, 100).mapToObj(i -> new Reading("late", "m", first - i, i)).toList());

    assertThat(database.sql().query("SELECT name FROM table_partitions('readings')")).hasSize(2);
    assertThat(database.sql().query("SELECT cast(count() AS VARCHAR) FROM readings"))
        .containsExactly(List.of(Integer.toString(first + 100)));
    assertThat(all("late")).hasSize(100);
  }

  @Test
  void refusesADirectoryInUse() {
    assertThatThrownBy(() -> EmbeddedQuestDb.open(config))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(directory.toString());
  }

  @Test
  void findsItsReadingsAfterReopening() throws Exception {
    write(List.of(new Reading("d", "m", 1, 1)));
    close();

    database = EmbeddedQuestDb.open(config);
    sink = new QuestDbSink(database, config);
    write(List.of(new Reading("d", "m", 2, 2)));

    assertThat(all("d")).hasSize(2);
  }

  /** Files where QuestDB needs a directory make applying fail as a broken disk would. */
  @Test
  void takesNothingWhileTheTableIsSuspendedAndGoesOnByItself() throws Exception {
    write(List.of(new Reading("d", "m", 1, 1)));
    List<Path> obstacles = obstacles("1970-01-03");
    Reading stuck = new Reading("d", "m", Duration.ofHours(49).toNanos() / 1_000, 2);

    assertThat(sink.write(batch(List.of(stuck)))).isEqualTo(WriteResult.Written.DURABLE);
    // Taken now and then: each resume opens the table until the obstacle is met again.
    await()
        .atMost(Duration.ofMinutes(2))
        .untilAsserted(() ->
            assertThat(sink.write(batch(List.of(new Reading("d", "m", 3, 3)))))
                .isInstanceOfSatisfying(
                    WriteResult.Unavailable.class,
                    unavailable ->
                        assertThat(unavailable.reason()).contains("suspended", "RESUME WAL")));

    for (Path obstacle : obstacles) {
      Files.delete(obstacle);
    }
    await().atMost(Duration.ofMinutes(2)).until(() -> !status().suspended());
    awaitVisible();
    write(List.of(new Reading("d", "m", 3, 3)));
    assertThat(all("d")).hasSize(3).contains(stuck);
  }

  private List<Path> obstacles(String partition) throws Exception {
    List<Path> obstacles = new ArrayList<>();
    for (String version : List.of("", ".0", ".1", ".2", ".3")) {
      obstacles.add(Files.createFile(tableDirectory().resolve(partition + version)));
    }
    return obstacles;
  }

  @Test
  void keepsWhatItAcknowledgedThroughAKill() throws Exception {
    close();
    List<Reading> acknowledged = new ArrayList<>();
    try (WriterProcess writer = WriterProcess.start(directory)) {
      acknowledged.addAll(writer.awaitAcknowledged(20));
      writer.kill();
      acknowledged.addAll(writer.rest());
    }

    database = EmbeddedQuestDb.open(config);
    sink = new QuestDbSink(database, config);
    await().atMost(Duration.ofMinutes(2)).until(() -> status().writerTxn() > 0);
    write(List.of(new Reading("after", "m", 1, 1)));

    assertThat(acknowledged).hasSizeGreaterThanOrEqualTo(20);
    assertThat(all(WriterProcess.DEVICE)).containsAll(acknowledged).doesNotHaveDuplicates();
  }

  private Path tableDirectory() throws Exception {
    try (var tables = Files.list(directory.resolve("db"))) {
      Optional<Path> found =
          tables.filter(path -> path.getFileName().toString().startsWith("readings")).findFirst();
      return found.orElseThrow();
    }
  }
}
