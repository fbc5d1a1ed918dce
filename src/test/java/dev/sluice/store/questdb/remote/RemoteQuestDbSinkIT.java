package dev.sluice.store.questdb.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.reading.Reading;
import dev.sluice.store.ReadingSource;
import dev.sluice.store.SchemaState;
import dev.sluice.store.Sink;
import dev.sluice.store.StoreContract;
import dev.sluice.store.WalStatus;
import dev.sluice.store.WriteCheck;
import dev.sluice.store.WritePermit;
import dev.sluice.store.WriteResult;
import dev.sluice.store.questdb.QuestDbConfig;
import dev.sluice.store.questdb.QuestDbSchema;
import dev.sluice.store.questdb.QuestDbServer;
import dev.sluice.store.questdb.QuestDbTable;
import dev.sluice.store.questdb.TestConfigs;
import dev.sluice.testing.TestPorts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RemoteQuestDbSinkIT extends StoreContract {
  /** Of a machine with much else to do, and with a pause between two resumes of up to a minute. */
  private static final Duration LIMIT = Duration.ofMinutes(3);

  @TempDir static Path directory;
  private static QuestDbServer server;
  private RemoteQuestDb database;
  private RemoteQuestDbSink sink;

  @BeforeAll
  static void startServer() throws Exception {
    server = new QuestDbServer(directory, "sync");
    server.start();
    try (RemoteQuestDb database = new RemoteQuestDb(server.config())) {
      new QuestDbSchema(database::execute, database::query).migrate();
    }
  }

  @AfterAll
  static void stopServer() throws Exception {
    server.close();
  }

  @BeforeEach
  void open() {
    database = new RemoteQuestDb(server.config());
    QuestDbSchema schema = new QuestDbSchema(database::execute, database::query);
    sink = new RemoteQuestDbSink(database, server.config(), () -> schema.state().problem());
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

  private WalStatus status() throws Exception {
    return database.status().orElseThrow();
  }

  @Test
  void isDurableWhereTheServerSyncsCommits() {
    assertThat(sink.write(batch(List.of(new Reading("d", "m", 1, 1)))))
        .isEqualTo(WriteResult.Written.DURABLE);
  }

  @Test
  void goesOnAfterTheServerWasKilledWithoutLossOrDuplicates() throws Exception {
    List<Reading> before = readings("killed", 0, 1_000);
    List<Reading> during = readings("killed", 1_000, 2_000);
    assertThat(sink.write(batch(before))).isInstanceOf(WriteResult.Written.class);

    server.kill();
    assertThat(sink.write(batch(during)))
        .isInstanceOfSatisfying(
            WriteResult.Unavailable.class,
            unavailable -> assertThat(unavailable.reason()).contains(server.config().url()));
    server.start();
    // What delivery does when its cursor had not moved: everything again.
    write(before);
    write(during);

    assertThat(all("killed")).hasSize(2_000).containsAll(before).containsAll(during);
  }

  @Test
  void isUnavailableWhileTheServerIsAway() throws Exception {
    QuestDbConfig nowhere = TestConfigs.remote("http://127.0.0.1:" + TestPorts.free());
    try (RemoteQuestDb away = new RemoteQuestDb(nowhere);
        RemoteQuestDbSink toNowhere = new RemoteQuestDbSink(away, nowhere, Optional::empty)) {
      assertThat(toNowhere.write(batch(List.of(new Reading("d", "m", 1, 1)))))
          .isInstanceOf(WriteResult.Unavailable.class);
    }
  }

  @Test
  void takesNothingWhileTheTableIsSuspended() throws Exception {
    server.suspend();
    try {
      await()
          .atMost(LIMIT)
          .untilAsserted(() ->
              assertThat(sink.write(batch(List.of(new Reading("suspended", "m", 3, 3)))))
                  .isInstanceOfSatisfying(
                      WriteResult.Unavailable.class,
                      unavailable -> assertThat(unavailable.reason()).contains("suspended")));
    } finally {
      database.execute(QuestDbTable.RESUME);
    }
    await()
        .atMost(LIMIT)
        .until(() ->
            sink.write(batch(List.of(new Reading("suspended", "m", 3, 3))))
                instanceof WriteResult.Written);
    awaitVisible();
    assertThat(all("suspended")).hasSize(1);
  }

  /** Resumed while the cause lasts, it is suspended anew, and nobody may write ever again. */
  @Test
  @Tag("long")
  void goesOnOnceTheCauseIsGoneThoughNothingIsWritten() throws Exception {
    List<Path> obstacles = obstacles("1975-01-03");
    Reading stuck = new Reading("stuck", "m", 157_939_200_000_000L, 2);
    try {
      assertThat(sink.write(batch(List.of(stuck)))).isInstanceOf(WriteResult.Written.class);
      await().atMost(LIMIT).until(() -> status().suspended());
      database.execute(QuestDbTable.RESUME);
      await().atMost(LIMIT).until(() -> status().suspended());
    } finally {
      for (Path obstacle : obstacles) {
        Files.delete(obstacle);
      }
    }
    try (RemoteSuspensionWatch watch = RemoteSuspensionWatch.start(database)) {
      awaitVisible();
      assertThat(all("stuck")).containsExactly(stuck);
      assertThat(status().suspended()).isFalse();
      assertThat(watch).isNotNull();
    }
  }

  @Test
  void goesOnAgainAndAgain() throws Exception {
    try (RemoteSuspensionWatch watch = RemoteSuspensionWatch.start(database)) {
      assertThat(watch).isNotNull();
      for (int round = 0; round < 3; round++) {
        server.suspend();
        database.execute(
            "INSERT INTO readings (device_id, metric, ts, value) VALUES ('again', 'm', "
                + round
                + ", 1)");
        awaitVisible();
      }
    }
    assertThat(all("again")).hasSize(3);
  }

  /** A server lets a connection write on to a table that is dropped, and forgets what it took. */
  @Test
  void writesToTheTableThatIsThereNow() throws Exception {
    List<Reading> readings = readings("anew", 0, 10);
    assertThat(sink.write(batch(readings))).isInstanceOf(WriteResult.Written.class);

    database.execute("DROP TABLE " + QuestDbTable.NAME);
    new QuestDbSchema(database::execute, database::query).migrate();

    // It asks once a second what there is.
    await().pollDelay(Duration.ofMillis(1_500)).until(() -> true);
    assertThat(sink.write(batch(readings))).isInstanceOf(WriteResult.Written.class);
    awaitVisible();
    assertThat(all("anew")).hasSameSizeAs(readings);
  }

  @Test
  void blamesNoReadingForWhatItsTableRefuses() throws Exception {
    List<Reading> readings = List.of(new Reading("refused", "m", 1, 1));
    AtomicInteger asked = new AtomicInteger();
    WriteCheck soonWrong =
        () -> asked.getAndIncrement() == 0 ? Optional.empty() : Optional.of("another table");
    database.execute("ALTER TABLE readings RENAME COLUMN value TO value_was");
    database.execute("ALTER TABLE readings ADD COLUMN value BOOLEAN");
    try (RemoteQuestDbSink wary = new RemoteQuestDbSink(database, server.config(), soonWrong);
        RemoteQuestDbSink trusting =
            new RemoteQuestDbSink(database, server.config(), Optional::empty)) {
      assertThat(wary.write(batch(readings)))
          .isEqualTo(new WriteResult.Unavailable("another table"));
      assertThat(trusting.write(batch(readings))).isInstanceOf(WriteResult.Refused.class);
    } finally {
      database.execute("ALTER TABLE readings DROP COLUMN value");
      database.execute("ALTER TABLE readings RENAME COLUMN value_was TO value");
      QuestDbSchema schema = new QuestDbSchema(database::execute, database::query);
      await().atMost(LIMIT).until(() -> schema.state() instanceof SchemaState.UpToDate);
    }
  }

  @Test
  void sendsNothingOnceItMayNotWriteAnyMore() throws Exception {
    List<Reading> readings = List.of(new Reading("fenced", "m", 1, 1));
    assertThat(sink.write(batch(readings("before", 0, 1)))).isInstanceOf(WriteResult.Written.class);

    assertThat(sink.write(batch(readings), () -> false))
        .isEqualTo(new WriteResult.Unavailable(WritePermit.GONE));

    assertThat(sink.write(batch(readings("behind", 0, 1)), WritePermit.ALWAYS))
        .isInstanceOf(WriteResult.Written.class);
    awaitVisible();
    assertThat(all("behind")).hasSize(1);
    assertThat(all("fenced")).isEmpty();
  }

  /** The history says that it was added: a server that was restored may lack it all the same. */
  @Test
  void takesNothingWhileTheColumnOfAMigrationIsGone() throws Exception {
    QuestDbSchema schema = new QuestDbSchema(database::execute, database::query);
    database.execute("ALTER TABLE readings DROP COLUMN device_hash");
    try {
      await().atMost(LIMIT).until(() -> schema.state() instanceof SchemaState.Pending);
      assertThat(sink.write(batch(List.of(new Reading("gone", "m", 1, 1)))))
          .isInstanceOfSatisfying(
              WriteResult.Unavailable.class,
              unavailable ->
                  assertThat(unavailable.reason())
                      .contains("pending V2 (device hash)", "run: ./sluice migrate"));
    } finally {
      schema.migrate();
    }
    assertThat(schema.state()).isInstanceOf(SchemaState.UpToDate.class);
    assertThat(sink.write(batch(List.of(new Reading("gone", "m", 1, 1)))))
        .isInstanceOf(WriteResult.Written.class);
    awaitVisible();
    assertThat(all("gone")).hasSize(1);
  }

  private static List<Reading> readings(String device, int from, int to) {
    List<Reading> readings = new ArrayList<>();
    for (int i = from; i < to; i++) {
      readings.add(new Reading(device, "m", i * 1_000L, i));
    }
    return readings;
  }

  private List<Path> obstacles(String partition) throws Exception {
    String folder =
        database
            .query(
                "SELECT directoryName FROM tables() WHERE table_name = '" + QuestDbTable.NAME + "'")
            .getFirst()
            .getFirst();
    Path table = directory.resolve("db").resolve(folder);
    List<Path> obstacles = new ArrayList<>();
    for (int version = 0; version < 2_000; version++) {
      obstacles.add(Files.createFile(table.resolve(partition + "." + version)));
    }
    obstacles.add(Files.createFile(table.resolve(partition)));
    return obstacles;
  }
}
