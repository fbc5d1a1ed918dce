package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.reading.Reading;
import dev.sluice.testing.Ledger;
import dev.sluice.testing.LoadClient;
import dev.sluice.testing.ServeFixture;
import dev.sluice.testing.SluiceProcess;
import dev.sluice.testing.Stores;
import dev.sluice.testing.TestMysql;
import dev.sluice.testing.TestPorts;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The production jar with both stores, as a user meets it. */
@Tag("mysql")
class ServeIT {
  private static final long TS = 1_795_300_000_000_000L;

  @TempDir Path directory;

  @Test
  void deliversEveryFormatToBothStoresAndReadsItBack() throws IOException, InterruptedException {
    ServeFixture fixture = ServeFixture.migrated(directory);
    try (SluiceProcess sluice = fixture.start()) {
      accepted(
          sluice.post(
              "/v1/readings",
              "application/json",
              "{\"device_id\":\"s-17\",\"ts\":1795300000000,\"temp\":21.5,\"humidity\":40}"));
      accepted(
          sluice.post(
              "/v1/readings",
              "application/x-ndjson",
              """
              {"device_id":"s-17","metric":"temp","ts":"2026-11-21T22:26:41.000001Z","value":-0.5}
              {"device":"s-18","metrics":[{"name":"rssi","value":-70,"ts":1795300000000.5}]}
              """));
      accepted(
          sluice.post(
              "/api/v2/write?bucket=b&org=o&precision=ms",
              "text/plain",
              "cpu,host=web-1,cpu=cpu0 usage_idle=97.5 1795300000000"));
      HttpResponse<String> partial =
          sluice.post(
              "/write?precision=s",
              "text/plain",
              "temp,device=d-1 value=1 1795300000\ntemp value=2 1795300000\n");
      assertThat(partial.statusCode()).isEqualTo(400);
      assertThat(partial.body()).contains("\"accepted\":1", "\"line\":2");

      sluice.awaitCaughtUp("mysql");
      sluice.awaitCaughtUp("questdb");
      List<Reading> expected =
          List.of(
              new Reading("s-17", "temp", TS, 21.5),
              new Reading("s-17", "humidity", TS, 40),
              new Reading("s-17", "temp", TS + 1_000_001, -0.5),
              new Reading("s-18", "rssi", TS + 500, -70),
              new Reading("web-1", "cpu_usage_idle{cpu=\"cpu0\"}", TS, 97.5),
              new Reading("d-1", "temp", TS, 1));
      assertThat(Stores.mysql(fixture.mysql())).containsExactlyInAnyOrderElementsOf(expected);
      assertThat(Stores.questDb(fixture.pg())).containsExactlyInAnyOrderElementsOf(expected);

      HttpResponse<String> read = sluice.get("ingest", "/v1/readings?device=s-17&metric=temp");
      assertThat(read.statusCode()).isEqualTo(200);
      assertThat(read.body())
          .contains("\"source\":\"mysql\"", "\"value\":21.5", "\"value\":-0.5", "s-17");
      JsonObject status = sluice.status();
      assertThat(status.getString("phase")).isEqualTo("mirror");
      assertThat(status.getJsonObject("ingest").getInt("accepted")).isEqualTo(6);
      assertThat(status.getJsonObject("ingest").getInt("rejected")).isEqualTo(1);
      HttpResponse<String> metrics = sluice.get("admin", "/metrics");
      assertThat(metrics.body())
          .contains("sluice_journal_accepted_readings_total 6.0")
          .contains("sluice_sink_delivered_readings_total{sink=\"mysql\"} 6.0")
          .contains("sluice_sink_conservation_residue_readings{sink=\"questdb\"} 0.0")
          .containsPattern("sluice_ingest_latency_seconds\\{quantile=\"0.99\"} \\d")
          .contains("jvm_gc", "hikaricp_connections")
          .doesNotContain("s-17");
    }
  }

  @Test
  void warnsBothOfTwoThatWriteOneTable() throws IOException, InterruptedException {
    ServeFixture fixture = ServeFixture.migrated(directory);
    try (SluiceProcess one = fixture.start("cutover.initial-phase=mysql");
        SluiceProcess other =
            fixture.start(
                "cutover.initial-phase=mysql",
                "data.dir=" + directory.resolve("other"),
                "questdb.pg-port=" + TestPorts.free())) {
      for (SluiceProcess each : List.of(one, other)) {
        await()
            .atMost(Duration.ofMinutes(2))
            .untilAsserted(() ->
                assertThat(each.status().getJsonArray("warnings").toString())
                    .contains("another Sluice also writes sensor_data"));
      }
    }
  }

  @Test
  void keepsTheLastOfTwoReadingsWithOneIdentityInBothStores()
      throws IOException, InterruptedException {
    ServeFixture fixture = ServeFixture.migrated(directory);
    try (SluiceProcess sluice = fixture.start()) {
      for (int value = 0; value < 50; value++) {
        accepted(
            sluice.post(
                "/write?precision=us", "text/plain", "temp,device=d value=" + value + " " + TS));
      }
      sluice.awaitCaughtUp("mysql");
      sluice.awaitCaughtUp("questdb");
      assertThat(Stores.mysql(fixture.mysql())).containsExactly(new Reading("d", "temp", TS, 49));
      assertThat(Stores.questDb(fixture.pg())).containsExactly(new Reading("d", "temp", TS, 49));
    }
  }

  @Test
  void stopsCleanlyUnderLoadAndReplaysNothingAfterwards() {
    ServeFixture fixture = ServeFixture.migrated(directory);
    Ledger ledger = new Ledger();
    long nextOffset;
    try (SluiceProcess sluice = fixture.start();
        LoadClient load =
            new LoadClient(
                sluice.url("ingest"),
                ledger,
                4,
                100,
                Duration.ofMillis(1),
                new SplittableRandom(7))) {
      await().until(() -> load.running() && ledger.acknowledgedCount() > 2_000);

      assertThat(sluice.terminate(Duration.ofMinutes(2))).isZero();

      assertThat(sluice.log()).contains("Stopped");
    }
    try (SluiceProcess sluice = fixture.start()) {
      sluice.awaitCaughtUp("mysql");
      sluice.awaitCaughtUp("questdb");
      nextOffset = sluice.status().getJsonObject("journal").getInt("next_offset");
      assertThat(nextOffset).isGreaterThanOrEqualTo(ledger.acknowledgedCount());
      // Counted over both lives: had the second start replayed, this would be more.
      assertThat(sluice.sink("mysql").getInt("delivered")).isEqualTo((int) nextOffset);
      assertThat(sluice.sink("questdb").getInt("delivered")).isEqualTo((int) nextOffset);
      ledger.assertKeptBy("MySQL", Stores.mysql(fixture.mysql()));
      ledger.assertKeptBy("QuestDB", Stores.questDb(fixture.pg()));
    }
  }

  @Test
  void deadLettersTheOneRowMysqlRefusesAmongFiveThousand()
      throws IOException, InterruptedException {
    ServeFixture fixture = ServeFixture.migrated(directory);
    fixture
        .mysql()
        .execute("ALTER TABLE sensor_data ADD CONSTRAINT sane CHECK (temp IS NULL OR temp < 1000)");
    try (SluiceProcess sluice = fixture.start()) {
      StringBuilder body = new StringBuilder();
      for (int i = 0; i < 5_000; i++) {
        body.append("temp,device=d-").append(i % 100).append(" value=");
        body.append(i == 3_210 ? 1_000_000 : i % 30).append(' ').append(TS + i).append('\n');
      }
      accepted(sluice.post("/write?precision=us", "text/plain", body.toString()));

      sluice.awaitCaughtUp("mysql");
      sluice.awaitCaughtUp("questdb");
      assertThat(Stores.mysql(fixture.mysql())).hasSize(4_999);
      assertThat(Stores.questDb(fixture.pg())).hasSize(5_000);
      assertThat(sluice.sink("mysql").getInt("dead_letters")).isEqualTo(1);
      assertThat(sluice.status().getJsonObject("conservation").getInt("mysql")).isZero();
      Path file = directory.resolve("data/dead-letters/mysql.ndjson");
      assertThat(file).content().contains("\"device_id\":\"d-10\"", "sane");

      fixture.mysql().execute("ALTER TABLE sensor_data DROP CONSTRAINT sane");
      accepted(
          sluice.post(
              "/v1/readings", "application/x-ndjson", java.nio.file.Files.readString(file)));
      sluice.awaitCaughtUp("mysql");
      assertThat(Stores.mysql(fixture.mysql())).hasSize(5_000);
    }
  }

  @Test
  void refusesToServeOnAPendingMigrationAndSaysWhichCommandToRun() {
    TestMysql mysql = TestMysql.freshDatabase();
    List<String> settings =
        List.of(
            "data.dir=" + directory.resolve("data"),
            "ingest.port=0",
            "admin.port=0",
            "questdb.console-port=0",
            "questdb.pg-port=0",
            "mysql.url=" + mysql.url(),
            "mysql.user=" + mysql.user(),
            "mysql.password=" + mysql.password());
    try (SluiceProcess sluice = SluiceProcess.launch(directory, "serve", settings)) {
      assertThat(sluice.awaitExit(Duration.ofMinutes(2))).isNotZero();
      assertThat(sluice.log()).contains("pending").contains("./sluice migrate");
      assertThat(sluice.out()).doesNotContain("ready");
    }
  }

  @Test
  void refusesASecondProcessOnTheSameDataDirectory() {
    ServeFixture fixture = ServeFixture.migrated(directory);
    try (SluiceProcess first = fixture.start();
        SluiceProcess second =
            SluiceProcess.launch(directory.resolve("second"), "serve", fixture.settings())) {
      assertThat(second.awaitExit(Duration.ofMinutes(2))).isNotZero();
      assertThat(second.log())
          .contains(directory.resolve("data").toString())
          .contains(Long.toString(first.pid()));
      assertThat(first.alive()).isTrue();
    }
  }

  @Test
  void refusesToListenToTheWorldWithoutTokens() {
    ServeFixture fixture = ServeFixture.migrated(directory);
    try (SluiceProcess sluice =
        SluiceProcess.launch(directory, "serve", fixture.with("ingest.host=0.0.0.0"))) {
      assertThat(sluice.awaitExit(Duration.ofMinutes(2))).isNotZero();
      assertThat(sluice.log()).contains("ingest.host", "0.0.0.0", "auth.tokens-file");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ingest", "admin"})
  void namesThePortThatIsTaken(String which) throws IOException {
    ServeFixture fixture = ServeFixture.migrated(directory);
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        SluiceProcess sluice =
            SluiceProcess.launch(
                directory, "serve", fixture.with(which + ".port=" + taken.getLocalPort()))) {
      assertThat(sluice.awaitExit(Duration.ofMinutes(2))).isNotZero();
      assertThat(sluice.log())
          .contains("cannot listen on 127.0.0.1:" + taken.getLocalPort(), which + ".port")
          .doesNotContain("\tat ");
    }
  }

  private static void accepted(HttpResponse<String> response) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(204);
  }
}
