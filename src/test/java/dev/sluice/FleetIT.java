package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.testing.ServeFixture;
import dev.sluice.testing.SluiceProcess;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The production jar, killed and started again under real sensors: what the fleet says then. How
 * long the stop must be is asked of the ledger, whose threshold depends on how fast this machine
 * lets the sensors send.
 */
@Tag("long")
class FleetIT {
  private static final int SENSORS = 20;
  private static final Duration INTERVAL = Duration.ofSeconds(1);
  private static final int MOST_ROUNDS = 60;
  private static final String NEWEST = "/v1/fleet/devices/sensor-3";

  @TempDir Path directory;

  @Test
  void namesTheGapsOfAKillAndARestartAsItsOwn() throws Exception {
    ServeFixture.migrate(settings());
    JsonObject sensor;
    try (SluiceProcess sluice = SluiceProcess.start(directory, "serve", settings())) {
      learn(sluice);
      sensor = json(sluice.get("admin", NEWEST).body());
      sluice.kill();
    }
    awaitSilence(sensor);
    try (SluiceProcess sluice = SluiceProcess.start(directory, "serve", settings())) {
      awaitCaughtUp(sluice);
      JsonObject before = awaitJudged(sluice);
      JsonObject stop = onlyStop(before);
      if (Instant.now().isBefore(graceEnd(stop))) {
        assertThat(before.getJsonObject("devices").getInt("silent"))
            .as("a restart alarms nobody")
            .isZero();
      }
      sendRound(sluice);
      int all = ours(before) + SENSORS;
      await().untilAsserted(() -> assertThat(ours(fleet(sluice))).isEqualTo(all));

      JsonObject fleet = fleet(sluice);
      assertThat(onlyStop(fleet)).isEqualTo(stop);
      assertThat(fleet.getJsonArray("together").getValuesAs(JsonObject.class))
          .filteredOn(group -> group.getString("from").equals(stop.getString("from")))
          .singleElement()
          .satisfies(group -> {
            assertThat(group.getString("cause")).isEqualTo("sluice-down");
            assertThat(group.getInt("devices")).isEqualTo(SENSORS);
          });
      JsonObject gap =
          json(sluice.get("admin", NEWEST).body()).getJsonArray("recent_gaps").getJsonObject(0);
      assertThat(gap.getString("cause")).isEqualTo("sluice-down");
      assertThat(gap.getString("from")).isEqualTo(sensor.getString("last_arrival"));
      assertThat(sluice.get("admin", "/metrics").body())
          .contains("sluice_fleet_gaps_total{cause=\"sluice-down\"} " + all + ".0");
    }
  }

  /** Sends until the interval of every sensor is known. */
  private static void learn(SluiceProcess sluice) throws IOException, InterruptedException {
    for (int round = 0; round < MOST_ROUNDS; round++) {
      sendRound(sluice);
      awaitCaughtUp(sluice);
      JsonObject devices = fleet(sluice).getJsonObject("devices");
      if (devices.getInt("live") + devices.getInt("late") == SENSORS) {
        return;
      }
    }
    throw new AssertionError("not learned in " + MOST_ROUNDS + " rounds: " + fleet(sluice));
  }

  /** All sensors in one request, so that they arrive together however slow the machine is. */
  private static void sendRound(SluiceProcess sluice) throws IOException, InterruptedException {
    long next = System.nanoTime() + INTERVAL.toNanos();
    String readings =
        IntStream.range(0, SENSORS)
            .mapToObj(sensor -> "{\"device_id\":\"sensor-" + sensor + "\",\"temp\":21.5}")
            .collect(Collectors.joining(",", "[", "]"));
    assertThat(sluice.post("/v1/readings", "application/json", readings).statusCode())
        .isEqualTo(204);
    await().atMost(INTERVAL.plusSeconds(60)).until(() -> System.nanoTime() - next >= 0);
  }

  private static void awaitCaughtUp(SluiceProcess sluice) {
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> fleet(sluice).getJsonObject("ledger").getInt("lag_readings") == 0);
  }

  /** The fleet, once a sweep after the start has seen all sensors. */
  private static JsonObject awaitJudged(SluiceProcess sluice)
      throws IOException, InterruptedException {
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> {
          JsonObject devices = fleet(sluice).getJsonObject("devices");
          return devices.getInt("live") + devices.getInt("late") + devices.getInt("silent")
              == SENSORS;
        });
    return fleet(sluice);
  }

  /** The one incident that Sluice was stopped, which is over. */
  private static JsonObject onlyStop(JsonObject fleet) {
    List<JsonObject> stops =
        fleet.getJsonArray("incidents").getValuesAs(JsonObject.class).stream()
            .filter(incident -> incident.getString("kind").equals("stopped"))
            .toList();
    assertThat(stops).as("one incident").hasSize(1);
    assertThat(stops.getFirst()).as("which is over").containsKey("to");
    return stops.getFirst();
  }

  /** Until then nobody is silent, as sensors need time to try again: as long as the stop was. */
  private static Instant graceEnd(JsonObject stop) {
    Instant from = Instant.parse(stop.getString("from"));
    Instant to = Instant.parse(stop.getString("to"));
    return to.plus(Duration.between(from, to));
  }

  /** Until this sensor, had Sluice been there, would have counted as silent. */
  private static void awaitSilence(JsonObject sensor) {
    double seconds = sensor.getJsonNumber("silent_after_seconds").doubleValue();
    Instant silent =
        Instant.parse(sensor.getString("last_arrival")).plusMillis((long) (seconds * 1_000) + 500);
    await()
        .atMost(Duration.ofMillis((long) (seconds * 1_000)).plusSeconds(60))
        .until(() -> Instant.now().isAfter(silent));
  }

  private static int ours(JsonObject fleet) {
    return fleet.getJsonObject("gaps").getInt("sluice-down");
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
