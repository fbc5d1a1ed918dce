package dev.sluice.packaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.testing.ServeFixture;
import dev.sluice.testing.SluiceProcess;
import dev.sluice.testing.TestCertificates;
import dev.sluice.testing.TokenFiles;
import jakarta.json.Json;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** Alerts and panels ask for nothing that a running Sluice does not export. */
@Tag("mysql")
class MonitoringIT {
  private static final Path ALERTS = Path.of("docker", "alerts.yml");
  private static final Path DASHBOARD = Path.of("docker", "grafana", "dashboards", "sluice.json");

  /** Made by Prometheus itself. */
  private static final String UP = "up";

  @TempDir private Path directory;

  @Test
  void everyExpressionFindsItsMetricsInALiveScrape() throws IOException, InterruptedException {
    List<String> expressions = new ArrayList<>(alerts());
    expressions.addAll(panels());
    assertThat(expressions).hasSizeGreaterThan(30);

    ServeFixture fixture = ServeFixture.migrated(directory);
    TestCertificates server = TestCertificates.authority("ca").issue("server");
    Path tokens =
        TokenFiles.write(directory.resolve("tokens"), TokenFiles.line("secret", "read,write"));
    // Encrypted, with tokens and over UDP, for the metrics of certificates, tokens and datagrams.
    try (SluiceProcess sluice =
        fixture
            .start(
                "tls.cert=" + server.writeChain(directory.resolve("tls.pem")),
                "tls.key=" + server.writeKey(directory.resolve("tls.key")),
                "auth.tokens-file=" + tokens,
                "udp.enabled=true",
                "udp.port=0")
            .with(server.client())
            .withToken("secret")) {
      sluice.post("/v1/readings", "application/json", "{\"device_id\":\"s-1\",\"temp\":21.5}");
      // Pools and deliveries appear with their first use.
      await()
          .atMost(Duration.ofMinutes(1))
          .untilAsserted(() -> assertThat(missing(expressions, scrape(sluice))).isEmpty());
    }
  }

  private static List<String> missing(List<String> expressions, String scrape) {
    return expressions.stream()
        .flatMap(expression -> PromQl.selectors(expression).stream())
        .filter(selector -> !selector.metric().equals(UP))
        .filter(selector -> !selector.isIn(scrape))
        .map(PromQl::toString)
        .distinct()
        .toList();
  }

  private static String scrape(SluiceProcess sluice) throws IOException, InterruptedException {
    return sluice.get("admin", "/metrics").body();
  }

  private static List<String> alerts() {
    LoadSettings settings = LoadSettings.builder().setLabel(ALERTS.toString()).build();
    Map<?, ?> rules = (Map<?, ?>) new Load(settings).loadFromString(Program.text(ALERTS));
    return ((List<?>) Objects.requireNonNull(rules.get("groups")))
        .stream()
            .flatMap(group ->
                ((List<?>) Objects.requireNonNull(((Map<?, ?>) group).get("rules"))).stream())
            .map(rule -> String.valueOf(((Map<?, ?>) rule).get("expr")))
            .toList();
  }

  private static List<String> panels() {
    try (JsonReader reader = Json.createReader(new StringReader(Program.text(DASHBOARD)))) {
      return reader.readObject().getJsonArray("panels").stream()
          .map(panel -> panel.asJsonObject().getJsonArray("targets"))
          .filter(targets -> targets != null)
          .flatMap(targets -> targets.stream())
          .map(target -> target.asJsonObject().getString("expr"))
          .toList();
    }
  }
}
