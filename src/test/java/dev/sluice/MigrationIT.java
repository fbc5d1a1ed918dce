package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.testing.CorrectingLoad;
import dev.sluice.testing.Ledger;
import dev.sluice.testing.LegacyTable;
import dev.sluice.testing.Operator;
import dev.sluice.testing.Reader;
import dev.sluice.testing.ServeFixture;
import dev.sluice.testing.SluiceProcess;
import dev.sluice.testing.Stores;
import dev.sluice.testing.TestMysql;
import jakarta.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole way from MySQL to QuestDB and back, with the fleet sending all the time. */
@Tag("mysql")
class MigrationIT {
  private static final int ROWS_ON_MYSQL = 1_000_000;
  private static final int ROWS_ON_MARIADB = Integer.getInteger("sluice.test.legacy-rows", 200_000);

  /** A flip holds reads for some tenths of a second; other tests have the processors as well. */
  private static final Duration NO_STALL = Duration.ofSeconds(10);

  @TempDir Path directory;

  @Test
  void movesALegacyTableAndItsTrafficThereAndBackAndForGood() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    TestMysql mysql = TestMysql.freshDatabase();
    LegacyTable legacy =
        LegacyTable.create(mysql, mysql.mariaDb() ? ROWS_ON_MARIADB : ROWS_ON_MYSQL);
    Ledger ledger = new Ledger();
    legacy.each(ledger::acknowledged);
    ServeFixture fixture = ServeFixture.migrated(directory, mysql);
    try (SluiceProcess sluice = fixture.start("cutover.initial-phase=mysql");
        Operator operator = new Operator(() -> sluice.url("admin"))) {
      try (Reader reader = new Reader(() -> sluice.url("ingest"), ledger);
          CorrectingLoad load =
              new CorrectingLoad(
                  () -> sluice.url("ingest"),
                  ledger,
                  legacy,
                  4,
                  Duration.ofMillis(25),
                  new SplittableRandom(seed))) {
        awaitMore(load, reader);

        operator.flip("mirror");
        awaitMore(load, reader);
        JsonObject copied = operator.backfill(Map.of());
        System.out.println("backfill: " + copied);
        assertThat(copied.getInt("rows_copied") + copied.getInt("rows_superseded"))
            .isGreaterThanOrEqualTo(legacy.rows());
        awaitMore(load, reader);
        assertClean(operator.verify("needed"));

        longest(load, reader, "before the flip");
        System.out.println("cut over: " + operator.flip("questdb"));
        awaitMore(load, reader);
        assertThat(longest(load, reader, "around the flip")).isLessThan(NO_STALL);
        assertThat(source(sluice)).isEqualTo("questdb");

        System.out.println("roll back: " + operator.flip("mirror"));
        awaitMore(load, reader);
        assertThat(source(sluice)).isEqualTo("mysql");

        assertClean(operator.verify("needed"));
        System.out.println("cut over again: " + operator.flip("questdb"));
        awaitMore(load, reader);

        assertClean(operator.verify("all"));
        operator.flip("retired");
        awaitMore(load, reader);
        assertThat(load.failed()).as("writes that failed in the whole run").isZero();
        assertThat(reader.vanished()).as("readings seen once and then not").isZero();
        assertThat(reader.failed()).as("reads that failed in the whole run").isZero();
      }

      sluice.awaitCaughtUp("questdb");

      ledger.assertKeptBy("QuestDB", Stores.questDb(fixture.pg()));
      assertThat(sluice.sink("mysql").getString("state")).isEqualTo("off");
      assertThat(sluice.status().getJsonObject("conservation").getInt("questdb")).isZero();
      System.out.println("kept " + ledger.acknowledgedCount() + " readings");
    }
  }

  private static void awaitMore(CorrectingLoad load, Reader reader) {
    int written = load.acknowledged();
    int read = reader.looks();
    await()
        .atMost(Duration.ofMinutes(2))
        .until(() -> load.acknowledged() > written + 100 && reader.looks() > read + 20);
  }

  private static Duration longest(CorrectingLoad load, Reader reader, String when) {
    Duration writes = load.longest();
    Duration reads = reader.longest();
    System.out.println(when + ": longest write " + writes + ", longest read " + reads);
    return reads;
  }

  private static void assertClean(JsonObject verified) {
    assertThat(verified.getJsonObject("mismatches").values())
        .as("%s", verified)
        .allSatisfy(count -> assertThat(count).hasToString("0"));
    assertThat(verified.getJsonObject("hours").getInt("mismatched")).isZero();
  }

  private static String source(SluiceProcess sluice) {
    try {
      return sluice
          .get("ingest", "/v1/readings?device=graph&limit=1")
          .headers()
          .firstValue("X-Sluice-Source")
          .orElseThrow();
    } catch (java.io.IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
