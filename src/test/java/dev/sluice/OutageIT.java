package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.testing.Ledger;
import dev.sluice.testing.LoadClient;
import dev.sluice.testing.ServeFixture;
import dev.sluice.testing.SluiceProcess;
import dev.sluice.testing.Stores;
import dev.sluice.testing.TestMysql;
import dev.sluice.testing.TestProxy;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store is away: the other one and ingest do not notice, and nothing is missing afterwards. */
@Tag("mysql")
@Tag("long")
class OutageIT {
  private static final Duration OUTAGE =
      Duration.ofSeconds(Integer.getInteger("sluice.test.outage-seconds", 20));

  @TempDir Path directory;

  @Test
  void mysqlIsAwayUnderLoad() throws IOException {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    TestMysql mysql = TestMysql.freshDatabase();
    Ledger ledger = new Ledger();
    try (TestProxy proxy = new TestProxy(mysql.host(), mysql.port())) {
      ServeFixture fixture = ServeFixture.migrated(directory, mysql);
      try (SluiceProcess sluice = fixture.start("mysql.url=" + mysql.through(proxy).url())) {
        try (LoadClient load =
            new LoadClient(
                sluice.url("ingest"),
                ledger,
                2,
                50,
                Duration.ofMillis(5),
                new SplittableRandom(seed))) {
          await().until(() -> sluice.sink("mysql").getInt("delivered") > 100);

          proxy.cut();
          await().until(() -> sluice.sink("mysql").getString("state").equals("retrying"));
          long before = sluice.sink("questdb").getInt("delivered");
          await()
              .pollDelay(OUTAGE)
              .atMost(OUTAGE.plusMinutes(2))
              .until(() -> sluice.sink("questdb").getInt("delivered") > before);
          assertThat(sluice.sink("questdb").getJsonNumber("lag_seconds").doubleValue())
              .isLessThan(OUTAGE.toSeconds() / 2.0);
          assertThat(sluice.sink("mysql").getJsonNumber("lag_seconds").doubleValue())
              .isGreaterThan(OUTAGE.toSeconds() / 2.0);
          assertThat(sluice.get("admin", "/health/ready").statusCode()).isEqualTo(200);
          assertThat(load.refused()).isZero();

          proxy.resume();
          await()
              .atMost(Duration.ofMinutes(2))
              .until(() -> sluice.sink("mysql").getString("state").equals("running"));
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
        sluice.awaitCaughtUp("mysql");
        sluice.awaitCaughtUp("questdb");
        ledger.assertKeptBy("MySQL", Stores.mysql(mysql));
        ledger.assertKeptBy("QuestDB", Stores.questDb(fixture.pg()));
        assertThat(sluice.status().getJsonObject("conservation").getInt("mysql")).isZero();
      }
    }
  }

  @Test
  void refusesWhileTheJournalIsFullAndAcceptsAgainByItself()
      throws IOException, InterruptedException {
    TestMysql mysql = TestMysql.freshDatabase();
    Ledger ledger = new Ledger();
    try (TestProxy proxy = new TestProxy(mysql.host(), mysql.port())) {
      ServeFixture fixture = ServeFixture.migrated(directory, mysql);
      try (SluiceProcess sluice =
          fixture.start(
              "mysql.url=" + mysql.through(proxy).url(),
              "journal.segment-bytes=1MiB",
              "journal.max-bytes=4MiB")) {
        proxy.cut();
        try (LoadClient load =
            new LoadClient(
                sluice.url("ingest"), ledger, 2, 500, Duration.ZERO, new SplittableRandom(1))) {
          await().atMost(Duration.ofMinutes(2)).until(() -> load.refused() > 3);
        }
        HttpResponse<String> refused =
            sluice.post("/v1/readings", "application/json", ledgerless("x".repeat(100), 1_000));
        assertThat(refused.statusCode()).as(refused.body()).isEqualTo(503);
        assertThat(refused.headers().firstValue("Retry-After").orElseThrow()).matches("\\d+");
        assertThat(refused.body()).contains("journal");
        HttpResponse<String> ready = sluice.get("admin", "/health/ready");
        assertThat(ready.statusCode()).as(ready.body()).isEqualTo(503);

        proxy.resume();

        await()
            .atMost(Duration.ofMinutes(2))
            .until(() -> sluice.get("admin", "/health/ready").statusCode() == 200);
        try (LoadClient load =
            new LoadClient(
                sluice.url("ingest"), ledger, 2, 500, Duration.ZERO, new SplittableRandom(2))) {
          int before = ledger.acknowledgedCount();
          await().until(() -> load.running() && ledger.acknowledgedCount() > before + 1_000);
        }
        sluice.awaitCaughtUp("mysql");
        sluice.awaitCaughtUp("questdb");
        ledger.assertKeptBy("MySQL", Stores.mysql(mysql));
        ledger.assertKeptBy("QuestDB", Stores.questDb(fixture.pg()));
      }
    }
  }

  private static String ledgerless(String device, int readings) {
    StringBuilder body = new StringBuilder("[");
    for (int i = 0; i < readings; i++) {
      body.append(i == 0 ? "" : ",");
      body.append("{\"device_id\":\"").append(device).append(i).append("\",\"temp\":1}");
    }
    return body.append(']').toString();
  }
}
