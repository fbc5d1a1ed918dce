package dev.sluice.admin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.admin.metrics.FleetMetrics;
import dev.sluice.fleet.FleetConfig;
import dev.sluice.fleet.FleetLedger;
import dev.sluice.http.auth.AuthConfig;
import dev.sluice.http.auth.TokenAuth;
import dev.sluice.journal.JournalConfig;
import dev.sluice.journal.disk.DiskJournal;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBuffer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code /v1/fleet} over a real ledger and its journal. */
class FleetRoutesTest {
  private static final long START = 1_795_300_000L;

  /** A name that no path can hold. */
  private static final String ODD = "50%;a\\b//../x y&id=+#ü";

  private static final String ODD_IN_JSON = "\"50%;a\\\\b//../x y&id=+#ü\"";

  @TempDir Path directory;

  private volatile Instant now = Instant.ofEpochSecond(START);
  private DiskJournal journal;
  private @Nullable FleetLedger ledger;
  private AdminPort admin;
  private volatile boolean starting;

  @BeforeEach
  void open() throws IOException {
    journal =
        DiskJournal.open(
            new JournalConfig(
                directory.resolve("journal"),
                JournalConfig.Ack.OS,
                Duration.ofSeconds(1),
                1L << 30,
                8L << 20),
            () -> now);
    ledger =
        FleetLedger.open(
            new FleetConfig(
                true,
                directory.resolve("fleet"),
                2,
                Duration.ofSeconds(2),
                0.2,
                Duration.ofDays(30)),
            journal.yieldingFeed("fleet"),
            () -> {},
            () -> 0,
            () -> 0,
            (file, offset, mark) -> {},
            () -> now);
    TokenAuth auth = TokenAuth.of(new AuthConfig(AuthConfig.Mode.NONE, Optional.empty()));
    admin =
        new AdminPort(
            new FleetRoutes(
                () -> starting ? Optional.empty() : Optional.of(Optional.ofNullable(ledger)),
                auth,
                AdminPort.audit()));
    for (int second = 0; second <= 60; second += 5) {
      append("hall/7", second);
      append(ODD, second);
    }
    append(ODD, 90);
    append("beyond", 91);
    now = Instant.ofEpochSecond(START + 93);
    FleetLedger open = Objects.requireNonNull(ledger);
    // Only now, with all in the journal: the clock leaps, and no reading may be on its way.
    open.start();
    await().until(() -> open.states().silent() == 1);
  }

  @AfterEach
  void close() {
    admin.close();
    if (ledger != null) {
      ledger.close();
    }
    journal.close();
  }

  @Test
  void showsTheFleet() {
    String body = admin.get("/v1/fleet").body();

    assertThat(body)
        .contains("\"devices\":{\"live\":1,\"late\":0,\"silent\":1,\"learning\":0,\"retired\":0}")
        .contains("\"unwatched\":1,\"max_devices\":2")
        .contains("\"gaps\":{\"sluice-down\":0,\"refused\":0,\"fleet\":0,\"late\":0,\"device\":1}")
        .contains("\"lag_readings\":0")
        .contains("\"together\":[]")
        .contains("\"interval_ratio\":{\"p50\":1.0")
        .doesNotContain("null");
  }

  @Test
  void listsDevices() {
    assertThat(admin.get("/v1/fleet/devices?state=silent&sort=longest-gap").body())
        .contains("\"total\":1")
        .contains("\"device_id\":\"hall/7\",\"state\":\"silent\"")
        .contains("\"interval_seconds\":5.0")
        .contains("\"cause\":\"device\"");
    assertThat(admin.get("/v1/fleet/devices?state=asleep").status()).isEqualTo(400);
    assertThat(admin.get("/v1/fleet/devices?limit=0").body()).contains("limit is 0");
    assertThat(admin.get("/v1/fleet/devices?sort=size").body()).contains("allowed are silence");
  }

  @Test
  void showsADeviceByItsNameWhateverItIs() {
    assertThat(admin.get("/v1/fleet/devices/hall/7").body())
        .contains("\"silent_after_seconds\":6.25")
        .contains("\"recent_gaps\":[{\"device_id\":\"hall/7\",\"from\":");
    String query = "/v1/fleet/device?id=";
    assertThat(admin.get(query + "hall/7").body())
        .isEqualTo(admin.get("/v1/fleet/devices/hall/7").body());
    String odd = URLEncoder.encode(ODD, UTF_8).replace("+", "%20");
    assertThat(admin.get(query + odd).body()).startsWith("{\"device_id\":" + ODD_IN_JSON);
    assertThat(admin.get(query + "nobody").status()).isEqualTo(404);
    assertThat(admin.get(query).status()).isEqualTo(404);
    assertThat(admin.get("/v1/fleet/device").status()).isEqualTo(400);
    assertThat(admin.get("/v1/fleet/device").body()).contains("id is missing");
    assertThat(admin.get("/v1/fleet/devices/nobody").status()).isEqualTo(404);
    assertThat(admin.get("/v1/fleet/devices/nobody").body())
        .contains("device \\\"nobody\\\" is not known");
  }

  @Test
  void listsGapsThatLastBeforeThoseThatAreOver() {
    String gaps = admin.get("/v1/fleet/gaps").body();
    assertThat(gaps).contains("\"total\":2");
    assertThat(gaps.indexOf("hall/7")).isLessThan(gaps.indexOf(ODD_IN_JSON));
    assertThat(admin.get("/v1/fleet/gaps?cause=fleet").body()).contains("\"total\":0");
    assertThat(admin.get("/v1/fleet/gaps?since=" + Instant.ofEpochSecond(START + 91)).body())
        .contains("\"total\":1");
    assertThat(admin.get("/v1/fleet/gaps?cause=ghosts").status()).isEqualTo(400);
    assertThat(admin.get("/v1/fleet/gaps?since=yesterday").status()).isEqualTo(400);
  }

  @Test
  void retiresADevice() {
    assertThat(admin.post("/v1/fleet", "{'action':'retire','device_id':'hall/7'}").body())
        .contains("\"state\":\"retired\"");
    assertThat(admin.post("/v1/fleet", "{'action':'retire','device_id':'x'}").status())
        .isEqualTo(404);
    assertThat(admin.post("/v1/fleet", "{'action':'retire'}").status()).isEqualTo(400);
    assertThat(admin.post("/v1/fleet", "{'action':'wake','device_id':'b'}").status())
        .isEqualTo(400);
  }

  @Test
  void saysNotNowWhileItIsNotOpen() {
    starting = true;

    assertThat(admin.get("/v1/fleet/devices").status()).isEqualTo(503);
    assertThat(admin.get("/v1/fleet/devices").body()).contains("starting");
  }

  @Test
  void saysWhenThereIsNoLedger() {
    Objects.requireNonNull(ledger).close();
    ledger = null;

    assertThat(admin.get("/v1/fleet").status()).isEqualTo(404);
    assertThat(admin.get("/v1/fleet").body()).contains("fleet.enabled");
  }

  @Test
  void measuresWithoutNamingADevice() {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    new FleetMetrics(() -> Optional.ofNullable(ledger)).bindTo(registry);

    assertThat(registry.scrape())
        .contains("sluice_fleet_devices{state=\"silent\"} 1.0")
        .contains("sluice_fleet_devices{state=\"retired\"} 0.0")
        .contains("sluice_fleet_gaps_total{cause=\"sluice-down\"} 0.0")
        .contains("sluice_fleet_unwatched_devices 1.0")
        .contains("sluice_fleet_lateness_seconds{quantile=\"0.99\"}")
        .contains("sluice_fleet_interval_ratio{quantile=\"0.5\"} 1.0")
        .contains("sluice_fleet_backlog_readings 0.0")
        .doesNotContain("hall");
  }

  private void append(String device, int second) {
    now = Instant.ofEpochSecond(START + second);
    ReadingBuffer buffer = new ReadingBuffer(256, 1024);
    buffer.add(new Reading(device, "temp", (START + second) * 1_000_000, 1));
    journal.append(buffer);
  }
}
