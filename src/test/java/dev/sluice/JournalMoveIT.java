package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.reading.Reading;
import dev.sluice.testing.Ledger;
import dev.sluice.testing.ServeFixture;
import dev.sluice.testing.SluiceProcess;
import dev.sluice.testing.Stores;
import dev.sluice.testing.TestKafka;
import dev.sluice.testing.TestPorts;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.assertj.core.api.AbstractStringAssert;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The whole jar, whose {@code journal.kind} is changed while MySQL is far behind QuestDB: nothing
 * acknowledged may be lost, no value may come over a later one, and the counts must be right.
 */
@Tag("mysql")
class JournalMoveIT {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final long FIRST_TS = 1_795_300_000_000_000L;
  private static final AtomicInteger TOPICS = new AtomicInteger();

  @TempDir private Path directory;

  private final Ledger ledger = Ledger.replicated();
  private final AtomicLong acknowledged = new AtomicLong();

  /** Readings that may be kept or not: their request had no answer, or 503. */
  private final AtomicLong unsure = new AtomicLong();

  private final AtomicLong version = new AtomicLong();

  /** Another initial phase: that in force is to come along, not to be set anew. */
  private final String[] inKafka = {
    "journal.kind=kafka",
    "journal.kafka.servers=" + TestKafka.shared().servers(),
    "journal.kafka.topic=move-it-" + ProcessHandle.current().pid() + "-" + TOPICS.incrementAndGet(),
    "journal.kafka.partitions=8",
    "journal.kafka.replication=1",
    "cutover.initial-phase=mysql"
  };

  private static final String[] LOCAL = {"journal.kind=local"};

  @Test
  @Tag("long")
  void movesToKafkaAndBackHoweverOftenItIsKilledMeanwhile() throws Exception {
    long seed = Long.getLong("sluice.test.seed", System.nanoTime());
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    ServeFixture fixture = ServeFixture.migrated(directory);
    for (int move = 0; move < 3; move++) {
      String[] from = move % 2 == 0 ? LOCAL : inKafka;
      String[] to = move % 2 == 0 ? inKafka : LOCAL;
      leaveABacklog(fixture, from);
      killAt("This node leads, in term|no longer keeps mirror", fixture.with(to), random, 50);
      killAt("Moving the journal from", fixture.with(to), random, 30);
      killAt("Moving the journal from", fixture.with(to), random, 300);
      killAt("Moved \\d+ readings", fixture.with(to), random, 50);
    }

    try (SluiceProcess sluice = fixture.start(inKafka)) {
      assertKept(fixture, sluice);
      assertThat(sluice.status().getString("phase")).isEqualTo("mirror");
      assertThat(sluice.status().getInt("epoch")).isEqualTo(1);
      assertThat(sluice.terminate(PATIENCE)).isZero();
    }
    assertThat(directory.resolve("data/journal-move.json")).doesNotExist();
    assertThat(directory.resolve("data/phase.json")).doesNotExist();
  }

  @Test
  @Tag("long")
  void isNotReadyWhileItMovesItsJournalAndSaysWhy() throws Exception {
    ServeFixture fixture = ServeFixture.migrated(directory);
    String[] mirrored = inKafka.clone();
    mirrored[mirrored.length - 1] = "cutover.initial-phase=mirror";
    leaveABacklog(fixture, mirrored);
    int port = TestPorts.free();
    String[] small = {
      "journal.kind=local",
      "journal.max-bytes=2MiB",
      "journal.segment-bytes=1MiB",
      "admin.port=" + port
    };
    try (SluiceProcess sluice = SluiceProcess.launch(directory, "serve", fixture.with(small));
        HttpClient http = HttpClient.newHttpClient()) {
      HttpRequest ready =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/health/ready")).build();
      await()
          .atMost(PATIENCE)
          .ignoreExceptions()
          .until(() ->
              http.send(ready, HttpResponse.BodyHandlers.ofString())
                  .body()
                  .contains("readings are left to move; it waits: "));
      assertThat(http.send(ready, HttpResponse.BodyHandlers.ofString()).statusCode())
          .isEqualTo(503);
      assertThat(sluice.out()).doesNotContain("Sluice is ready");
      await().until(() -> sluice.log().contains("readings are left to move"));
      assertThat(sluice.terminate(PATIENCE)).isZero();
    }

    // It thinks better of it: what was in force comes back.
    try (SluiceProcess sluice = fixture.start(inKafka)) {
      assertKept(fixture, sluice);
      assertThat(sluice.status().getString("phase")).isEqualTo("mirror");
    }
  }

  @Test
  @Tag("long")
  void movesNothingPastOtherNodesAndNamesThem() throws Exception {
    ServeFixture fixture = ServeFixture.migrated(directory);
    leaveABacklog(fixture, LOCAL);
    ServeFixture ingest = new ServeFixture(directory, fixture.mysql(), fixture.with(inKafka));
    assertRefused(ingest.with("node.roles=ingest"))
        .contains("only a node that delivers moves them")
        .contains("node.roles=ingest,delivery");
    try (SluiceProcess one = fixture.start(inKafka);
        SluiceProcess two = startIngest(fixture, "two")) {
      post(two, 500);
      assertThat(one.terminate(PATIENCE)).isZero();

      assertRefused(fixture.with(LOCAL))
          .contains("cannot be moved to this disk while other nodes take readings in")
          .contains("Living are two at http://")
          .contains("journal.kind=kafka");
      post(two, 500);

      leaveSomethingElsewhere(fixture, "three");
      assertRefused(elsewhere(fixture, "three").with(inKafka))
          .contains("the local journal holds readings that stores have not got yet")
          .contains("living are two")
          .contains("Start with journal.kind=local");
      assertThat(two.terminate(PATIENCE)).isZero();
    }

    try (SluiceProcess one = fixture.start(LOCAL)) {
      assertKept(fixture, one);
      assertThat(one.status().getString("phase")).isEqualTo("mirror");
      assertThat(one.terminate(PATIENCE)).isZero();
    }
    assertRefused(elsewhere(fixture, "four").with(inKafka)).contains("keeps no phase");
  }

  /** Another Sluice, that knows nothing of the first but its database. */
  private ServeFixture elsewhere(ServeFixture fixture, String id) {
    Path home = directory.resolve(id);
    return new ServeFixture(
        home,
        fixture.mysql(),
        fixture.with(
            "data.dir=" + home.resolve("data"),
            "questdb.pg-port=0",
            "cutover.initial-phase=mysql"));
  }

  /** A reading that its MySQL does not get. */
  private void leaveSomethingElsewhere(ServeFixture fixture, String id) throws Exception {
    try (SluiceProcess sluice = elsewhere(fixture, id).start(LOCAL);
        Connection other = connect(fixture);
        Statement lock = other.createStatement()) {
      lock.execute("LOCK TABLES sensor_data WRITE");
      // MySQL may execute what it was sent after all.
      ledger.unknown(new Reading("elsewhere", "temp", FIRST_TS, 1));
      assertThat(
              sluice
                  .post(
                      "/write?precision=us",
                      "text/plain",
                      "temp,device_id=elsewhere value=1 " + FIRST_TS)
                  .statusCode())
          .isEqualTo(204);
      sluice.kill();
    }
  }

  private static Connection connect(ServeFixture fixture) throws SQLException {
    return DriverManager.getConnection(
        fixture.mysql().url(), fixture.mysql().user(), fixture.mysql().password());
  }

  /** An ingest node beside those of the fixture. */
  private SluiceProcess startIngest(ServeFixture fixture, String id) {
    Path home = directory.resolve(id);
    return SluiceProcess.start(
        home,
        "serve",
        new ServeFixture(home, fixture.mysql(), fixture.with(inKafka))
            .with("data.dir=" + home.resolve("data"), "node.id=" + id, "node.roles=ingest"));
  }

  /** What it says when it does not start. */
  private AbstractStringAssert<?> assertRefused(List<String> settings) {
    Path home = directory.resolve("refused-" + TOPICS.incrementAndGet());
    try (SluiceProcess sluice = SluiceProcess.launch(home, "serve", settings)) {
      assertThat(sluice.awaitExit(PATIENCE)).isNotZero();
      return assertThat(sluice.log());
    }
  }

  /** Starts it, and kills it up to so many milliseconds after it has logged this. */
  private void killAt(String line, List<String> settings, SplittableRandom random, int millis) {
    try (SluiceProcess sluice = SluiceProcess.launch(directory, "serve", settings)) {
      long before = lines(sluice, line);
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(5))
          .until(() ->
              lines(sluice, line) > before
                  || sluice.out().contains("Sluice is ready")
                  || !sluice.alive());
      assertThat(sluice.alive()).as(sluice.log()).isTrue();
      LockSupport.parkNanos(random.nextLong(Duration.ofMillis(millis).toNanos()));
      System.out.printf(
          "killed at %s: %s%n", line, lines(sluice, line) > before ? "yes" : "it was ready before");
      sluice.kill();
    }
  }

  private static long lines(SluiceProcess sluice, String pattern) {
    Pattern wanted = Pattern.compile(pattern);
    return sluice.log().lines().filter(line -> wanted.matcher(line).find()).count();
  }

  /** Takes in 100,000 readings that MySQL does not get, and is killed. */
  private void leaveABacklog(ServeFixture fixture, String[] settings) throws Exception {
    try (SluiceProcess sluice = fixture.start(settings);
        Connection other = connect(fixture);
        Statement lock = other.createStatement()) {
      sluice.awaitCaughtUp("mysql");
      post(sluice, 20_000);
      sluice.awaitCaughtUp("mysql");
      lock.execute("LOCK TABLES sensor_data WRITE");
      long before = acknowledged.get();
      try (Corrections load = new Corrections(sluice)) {
        await().atMost(PATIENCE).until(() -> acknowledged.get() > before + 100_000);
        assertThat(load.thread.isAlive()).isTrue();
        sluice.kill();
      }
    }
  }

  /** Sends until it is closed, from one connection. */
  private final class Corrections implements AutoCloseable {
    private volatile boolean stopped;
    private final Thread thread;

    Corrections(SluiceProcess sluice) {
      thread =
          Thread.ofPlatform()
              .start(() -> {
                while (!stopped) {
                  post(sluice, 500);
                }
              });
    }

    @Override
    public void close() {
      stopped = true;
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  /** Sends so many readings, of 500 identities again and again, each time with another value. */
  private void post(SluiceProcess sluice, int readings) {
    for (int sent = 0; sent < readings; sent += 500) {
      List<Reading> batch = new ArrayList<>();
      StringBuilder body = new StringBuilder();
      for (int i = 0; i < 500; i++) {
        Reading reading =
            new Reading("sensor-" + i % 50, "temp", FIRST_TS + i, version.incrementAndGet());
        batch.add(reading);
        body.append("temp,device_id=").append(reading.device());
        body.append(" value=").append(reading.value());
        body.append(' ').append(reading.tsMicros()).append('\n');
      }
      try {
        int status = sluice.post("/write?precision=us", "text/plain", body.toString()).statusCode();
        if (status == 204) {
          ledger.acknowledged(batch);
          acknowledged.addAndGet(batch.size());
        } else {
          assertThat(status).isEqualTo(503);
          ledger.refused(batch);
          unsure.addAndGet(batch.size());
        }
      } catch (IOException e) {
        ledger.unknown(batch);
        unsure.addAndGet(batch.size());
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  private void assertKept(ServeFixture fixture, SluiceProcess sluice) {
    for (String store : List.of("mysql", "questdb")) {
      sluice.awaitCaughtUp(store);
      assertThat(sluice.status().getJsonObject("conservation").getInt(store)).isZero();
      assertThat(sluice.sink(store).getJsonNumber("delivered").longValue())
          .as("delivered to " + store)
          .isBetween(acknowledged.get(), acknowledged.get() + unsure.get());
      assertThat(sluice.sink(store).getInt("lost")).isZero();
    }
    ledger.assertKeptBy("MySQL", Stores.mysql(fixture.mysql()));
    ledger.assertKeptBy("QuestDB", Stores.questDb(fixture.pg()));
    System.out.println(
        "kept " + acknowledged + " acknowledged readings, unsure of " + unsure + " others");
  }
}
