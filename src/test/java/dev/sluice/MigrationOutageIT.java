package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.store.questdb.QuestDbServer;
import dev.sluice.testing.CorrectingLoad;
import dev.sluice.testing.Ledger;
import dev.sluice.testing.LegacyTable;
import dev.sluice.testing.Operator;
import dev.sluice.testing.ServeFixture;
import dev.sluice.testing.SluiceProcess;
import dev.sluice.testing.Stores;
import dev.sluice.testing.TestMysql;
import dev.sluice.testing.TestProxy;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stores that are away or suspended in the middle of a migration, behind real networks. */
@Tag("mysql")
@Tag("long")
class MigrationOutageIT {
  private static final int LEGACY_ROWS = 30_000;

  @TempDir Path directory;

  @Test
  void waitsForEitherStoreAndFlipsOnlyWhileTheWayBackIsOpen() throws IOException {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    TestMysql mysql = TestMysql.freshDatabase();
    LegacyTable legacy = LegacyTable.create(mysql, LEGACY_ROWS);
    Ledger ledger = new Ledger();
    legacy.each(ledger::acknowledged);
    try (QuestDbServer questDb = new QuestDbServer(directory.resolve("questdb"), "sync");
        TestProxy toMysql = new TestProxy(mysql.host(), mysql.port());
        TestProxy toQuestDb = new TestProxy("127.0.0.1", questDb.port())) {
      questDb.start();
      ServeFixture fixture = ServeFixture.migrated(directory, mysql);
      try (SluiceProcess sluice =
              fixture.start(
                  "mysql.url=" + mysql.through(toMysql).url(),
                  "questdb.mode=remote",
                  "questdb.url=http://127.0.0.1:" + toQuestDb.port(),
                  "cutover.initial-phase=mysql",
                  "cutover.timeout=3s",
                  // Of the minute that holds the outage; how it guards is tested elsewhere.
                  "cutover.max-lag=5m",
                  "backfill.max-lag=5m",
                  "backfill.chunk-rows=1000",
                  "backfill.rows-per-second=5000");
          Operator operator = new Operator(() -> sluice.url("admin"))) {
        try (CorrectingLoad load =
            new CorrectingLoad(
                () -> sluice.url("ingest"),
                ledger,
                legacy,
                2,
                Duration.ofMillis(20),
                new SplittableRandom(seed))) {
          operator.flip("mirror");
          operator.post("/v1/backfill", Map.of("action", "start")).ok();
          awaitCopied(operator, 2_000);

          toQuestDb.cut();
          await().atMost(Duration.ofMinutes(2)).until(() -> waits(operator));
          toQuestDb.resume();
          awaitCopied(operator, 8_000);

          toMysql.cut();
          await().atMost(Duration.ofMinutes(2)).until(() -> waits(operator));
          toMysql.resume();
          awaitCopied(operator, 14_000);

          questDb.suspend();
          awaitCopied(operator, 20_000);
          operator.awaitBackfill("complete");
          JsonObject verified = operator.verify("needed");
          assertThat(verified.getJsonObject("hours").getInt("mismatched"))
              .as("%s", verified)
              .isZero();

          JsonObject report = awaitReady(operator, "questdb");
          toMysql.cut();
          Operator.Answer refused = operator.flipWith("questdb", report);
          assertThat(refused.status()).as("%s", refused).isEqualTo(409);
          assertThat(refused.body().getString("message")).contains("mysql");
          assertThat(operator.get("/v1/cutover").getString("phase")).isEqualTo("mirror");
          toMysql.resume();

          JsonObject second = awaitReady(operator, "questdb");
          toQuestDb.cut();
          Operator.Answer cut = operator.flipWith("questdb", second);
          assertThat(cut.status()).as("%s", cut).isEqualTo(409);
          assertThat(operator.get("/v1/cutover").getString("phase")).isEqualTo("mirror");
          toQuestDb.resume();

          System.out.println("cut over: " + flipInTime(operator).ok());
          assertThat(load.failed()).as("writes that failed in the whole run").isZero();
        }
        sluice.awaitCaughtUp("mysql");
        sluice.awaitCaughtUp("questdb");
        ledger.assertKeptBy("MySQL", Stores.mysql(mysql));
        ledger.assertKeptBy("QuestDB", Stores.questDb(questDb.pg()));
      }
    }
  }

  private static boolean waits(Operator operator) {
    JsonObject backfill = operator.get("/v1/backfill");
    return !backfill.isNull("why") && !backfill.getString("state").equals("failed");
  }

  private static void awaitCopied(Operator operator, int rows) {
    await()
        .atMost(Duration.ofMinutes(2))
        .until(() -> {
          JsonObject backfill = operator.get("/v1/backfill");
          assertThat(backfill.getString("state")).as("%s", backfill).isNotEqualTo("failed");
          return backfill.getInt("rows_copied") + backfill.getInt("rows_superseded") >= rows;
        });
  }

  /** Flips, again where three seconds were too short for a crowded machine and nothing changed. */
  private static Operator.Answer flipInTime(Operator operator) {
    return await()
        .atMost(Duration.ofMinutes(2))
        .until(
            () -> operator.flipWith("questdb", awaitReady(operator, "questdb")),
            answer -> !answer.body().toString().contains("raise it"));
  }

  private static JsonObject awaitReady(Operator operator, String phase) {
    await()
        .atMost(Duration.ofMinutes(2))
        .pollInterval(Duration.ofSeconds(1))
        .until(() -> {
          JsonObject report = operator.report(phase);
          if (!report.getBoolean("ready")) {
            operator.post("/v1/verify", Map.of("action", "start", "scope", "needed"));
          }
          return report.getBoolean("ready");
        });
    JsonObject report = operator.report(phase);
    assertThat(report.getBoolean("ready")).as("%s", report).isTrue();
    return report;
  }
}
