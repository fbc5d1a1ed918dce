package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.testing.SluiceProcess;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The production jar, killed and started again under real sensors: what the fleet says then. */
@Tag("long")
class FleetIT {
  private static final int SENSORS = 20;
  private static final Duration INTERVAL = Duration.ofSeconds(1);
  private static final int LEARNING_ROUNDS = 12;

  @TempDir Path directory;

  @Test
  void namesTheGapsOfAKillAndARestartAsItsOwn() throws Exception {
    try (SluiceProcess migrate = SluiceProcess.launch(directory, "migrate", settings())) {
      assertThat(migrate.awaitExit(Duration.ofMinutes(2))).isZero();
    }
    try (SluiceProcess sluice = SluiceProcess.start(directory, "serve", settings())) {
      for (int round = 0; round < LEARNING_ROUNDS; round++) {
        sendRound(sluice);
      }
      await().until(() -> fleet(sluice).getJsonObject("devices").getInt("live") == SENSORS);
      sluice.kill();
    }
    try (SluiceProcess sluice = SluiceProcess.start(directory, "serve", settings())) {
      assertThat(fleet(sluice).getJsonObject("devices").getInt("silent"))
          .as("a restart alarms nobody")
          .isZero();
      sendRound(sluice);
      await().until(() -> fleet(sluice).getJsonObject("gaps").getInt("sluice-down") >= SENSORS);

      JsonObject fleet = fleet(sluice);
      assertThat(fleet.getJsonArray("incidents").getValuesAs(JsonObject.class))
          .filteredOn(incident -> incident.getString("kind").equals("stopped"))
          .as("one incident")
          .singleElement()
          .satisfies(incident -> assertThat(incident).containsKey("to"));
      assertThat(fleet.getJsonArray("together").getValuesAs(JsonObject.class))
          .filteredOn(group -> group.getString("cause").equals("sluice-down"))
          .singleElement()
          .satisfies(group -> assertThat(group.getInt("devices")).isEqualTo(SENSORS));
      JsonObject device = json(sluice.get("admin", "/v1/fleet/devices/sensor-3").body());
      assertThat(device.getJsonArray("recent_gaps").getJsonObject(0).getString("cause"))
          .isEqualTo("sluice-down");
      assertThat(sluice.get("admin", "/metrics").body())
          .contains("sluice_fleet_gaps_total{cause=\"sluice-down\"} " + SENSORS + ".0");
    }
  }

  private static void sendRound(SluiceProcess sluice) throws IOException, InterruptedException {
    long next = System.nanoTime() + INTERVAL.toNanos();
    for (int sensor = 0; sensor < SENSORS; sensor++) {
      String body = "{\"device_id\":\"sensor-" + sensor + "\",\"temp\":21.5}";
      assertThat(sluice.post("/v1/readings", "application/json", body).statusCode()).isEqualTo(204);
    }
    await().atMost(INTERVAL.plusSeconds(60)).until(() -> System.nanoTime() - next >= 0);
  }

  private static JsonObject fleet(SluiceProcess sluice) throws IOException, InterruptedException {
    return json(sluice.get("admin", "/v1/fleet").body());
  }

  private static JsonObject json(String text) {
    try (JsonReader reader = Json.createReader(new StringReader(text))) {
      return reader.readObject();
    }
  }

  private List<String> settings() {
    List<String> settings = new ArrayList<>();
    settings.add("data.dir=" + directory.resolve("data"));
    settings.add("cutover.initial-phase=retired");
    for (String port :
        List.of("ingest.port", "admin.port", "questdb.console-port", "questdb.pg-port")) {
      settings.add(port + "=0");
    }
    return settings;
  }
}
