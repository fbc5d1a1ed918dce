package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.testing.CorrectingLoad;
import dev.sluice.testing.Ledger;
import dev.sluice.testing.LegacyTable;
import dev.sluice.testing.Operator;
import dev.sluice.testing.ServeFixture;
import dev.sluice.testing.SluiceProcess;
import dev.sluice.testing.Stores;
import dev.sluice.testing.TestMysql;
import dev.sluice.testing.TestPorts;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kill -9} in the middle of a backfill and of flips, with the fleet sending corrections. */
@Tag("mysql")
@Tag("long")
class MigrationKillIT {
  private static final int LEGACY_ROWS = 60_000;
  private static final int KILLS_IN_BACKFILL = Integer.getInteger("sluice.test.kills", 2);
  private static final int KILLS_IN_FLIPS = Integer.getInteger("sluice.test.kills", 2);

  @TempDir Path directory;

  private final long seed = System.nanoTime();
  private final SplittableRandom random = new SplittableRandom(seed);
  private final int ingestPort = TestPorts.free();
  private final int adminPort = TestPorts.free();
  private final TestMysql mysql = TestMysql.freshDatabase();
  private final LegacyTable legacy = LegacyTable.create(mysql, LEGACY_ROWS);
  private final Ledger ledger = new Ledger();
  private volatile SluiceProcess sluice;
  private Operator operator;
  private ServeFixture fixture;

  @BeforeEach
  void start() {
    System.out.println("seed " + seed);
    legacy.each(ledger::acknowledged);
    fixture = ServeFixture.migrated(directory, mysql);
    restart();
    operator = new Operator(() -> url(adminPort));
  }

  @AfterEach
  void end() {
    operator.close();
    sluice.close();
  }

  @Test
  void goesOnFromItsCheckpointsAndIsInExactlyOnePhaseAfterEveryKill() throws IOException {
    try (CorrectingLoad load = load()) {
      operator.flip("mirror");
      operator.post("/v1/backfill", Map.of("action", "start")).ok();
      for (int kill = 0; kill < KILLS_IN_BACKFILL && !complete(); kill++) {
        awaitCheckpoint(kill);
        kill();
      }
      operator.awaitBackfill("complete");
      verifyUntilClean();

      for (int kill = 0; kill < KILLS_IN_FLIPS; kill++) {
        String before = phase();
        String to = before.equals("mirror") ? "questdb" : "mirror";
        JsonObject report = readyReport(to);
        Thread flip =
            Thread.startVirtualThread(() -> {
              try {
                operator.flipWith(to, report);
              } catch (AssertionError killedMeanwhile) {
                // whatever it came to is looked at after the restart
              }
            });
        LockSupport.parkNanos(random.nextLong(Duration.ofMillis(1_500).toNanos()));
        kill();
        flip.interrupt();
        assertThat(phase()).isIn(before, to).isEqualTo(keptPhase());
        System.out.println("killed on the way from " + before + " to " + to + ": " + phase());
      }
      assertThat(load.acknowledged()).isPositive();
    }

    sluice.awaitCaughtUp("mysql");
    sluice.awaitCaughtUp("questdb");
    ledger.assertKeptBy("MySQL", Stores.mysql(mysql));
    ledger.assertKeptBy("QuestDB", Stores.questDb(fixture.pg()));
    assertThat(sluice.status().getJsonObject("conservation").getInt("mysql")).isZero();
    assertThat(sluice.status().getJsonObject("conservation").getInt("questdb")).isZero();
  }

  /** The same over every restart. */
  private static URI url(int port) {
    return URI.create("http://127.0.0.1:" + port);
  }

  private void restart() {
    sluice =
        fixture.start(
            "ingest.port=" + ingestPort,
            "admin.port=" + adminPort,
            "cutover.initial-phase=mysql",
            // What the minute before the kill was like is of no interest here.
            "cutover.max-lag=5m",
            "backfill.chunk-rows=1000",
            "backfill.rows-per-second=10000");
  }

  private void kill() {
    sluice.kill();
    restart();
  }

  private CorrectingLoad load() {
    return new CorrectingLoad(
        () -> url(ingestPort), ledger, legacy, 3, Duration.ofMillis(10), random.split());
  }

  private boolean complete() {
    return operator.get("/v1/backfill").getString("state").equals("complete");
  }

  /** Until the state file has changed: the first time it appears, later after a random while. */
  private void awaitCheckpoint(int kill) throws IOException {
    Path state = directory.resolve("data/backfill/state.json");
    await().until(() -> Files.exists(state));
    String before = Files.readString(state);
    if (kill > 0) {
      LockSupport.parkNanos(random.nextLong(Duration.ofMillis(500).toNanos()));
      await()
          .atMost(Duration.ofMinutes(2))
          .pollInterval(Duration.ofMillis(1))
          .until(() -> !Files.readString(state).equals(before));
    }
  }

  private void verifyUntilClean() {
    JsonObject verified = operator.verify("needed");
    assertThat(verified.getJsonObject("hours").getInt("mismatched")).as("%s", verified).isZero();
  }

  /** Right after a restart the lag and the backlog are what they are: wait for the guards. */
  private JsonObject readyReport(String to) {
    await()
        .atMost(Duration.ofMinutes(2))
        .pollInterval(Duration.ofMillis(500))
        .until(() -> operator.report(to).getBoolean("ready") || mended());
    JsonObject report = operator.report(to);
    assertThat(report.getBoolean("ready")).as("%s", report).isTrue();
    return report;
  }

  /** Hours that are dirty for too long are verified again, as an operator would. */
  private boolean mended() {
    if (!Set.of("running").contains(operator.get("/v1/verify").getString("state"))) {
      operator.post("/v1/verify", Map.of("action", "start", "scope", "needed"));
    }
    return false;
  }

  private String phase() {
    return sluice.status().getString("phase");
  }

  private String keptPhase() throws IOException {
    String kept = Files.readString(directory.resolve("data/phase.json"));
    return kept.replaceAll("(?s).*\"phase\":\"(\\w+)\".*", "$1");
  }
}
