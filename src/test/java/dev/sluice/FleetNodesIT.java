package dev.sluice;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.store.questdb.QuestDbServer;
import dev.sluice.testing.ServeFixture;
import dev.sluice.testing.SluiceProcess;
import dev.sluice.testing.TestKafka;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.io.StringReader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * The fleet ledger of jars that share one topic: one takes readings in without a pause, two take
 * turns in leading, and whoever leads knows what the one before knew.
 */
@Tag("slow")
class FleetNodesIT {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Duration INTERVAL = Duration.ofMillis(500);
  private static final List<String> SENSORS = List.of("steady", "resting");

  /** With the logs of the nodes, which stay when the test fails. */
  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path directory;

  private final String topic = "fleet-nodes-" + ProcessHandle.current().pid();
  private final Map<String, SluiceProcess> nodes = new LinkedHashMap<>();
  private final Set<String> sending = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService sensors = Executors.newSingleThreadScheduledExecutor();
  private final HttpClient http = HttpClient.newHttpClient();
  private QuestDbServer questDb;

  @BeforeEach
  void startStoreAndNodes() throws IOException {
    questDb = new QuestDbServer(directory.resolve("questdb"), "sync");
    questDb.start();
    ServeFixture.migrate(storeSettings("migrate"));
    launch("in");
    launch("one");
    process("in").awaitReady();
    process("one").awaitReady();
    sending.addAll(SENSORS);
    var unused =
        sensors.scheduleAtFixedRate(this::send, 0, INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
  }

  @AfterEach
  void stopAll() {
    sensors.shutdownNow();
    http.close();
    nodes.values().forEach(SluiceProcess::close);
    questDb.close();
  }

  @Test
  void whoeverTakesOverKnowsWhatTheLastLeaderKnew() throws Exception {
    SENSORS.forEach(sensor -> awaitLive("one", sensor));
    JsonObject gap = rest("one");
    awaitKept("one");
    launch("two");
    process("two").awaitReady();

    sending.remove("resting");
    gone("one").kill();
    await().atMost(PATIENCE).until(() -> known("two"));

    assertThat(rest("two")).isNotEqualTo(gap);
    assertKnows("two", gap);
    awaitKept("two");
    JsonObject newer = rest("two"); // is in the last snapshot

    launch("one");
    process("one").awaitReady();
    sending.remove("resting");
    assertThat(gone("two").terminate(PATIENCE)).isZero();
    await().atMost(PATIENCE).until(() -> known("one"));

    assertThat(rest("one")).isNotEqualTo(newer);
    assertKnows("one", gap);
    assertKnows("one", newer);
  }

  /** One sensor rests until it is missed, then goes on; returns its newest gap, which is over. */
  private JsonObject rest(String node) {
    sending.remove("resting");
    await()
        .atMost(PATIENCE)
        .until(() -> device(node, "resting").getString("state").equals("silent"));
    sending.add("resting");
    await().atMost(PATIENCE).until(() -> isHeard(node));
    return device(node, "resting").getJsonArray("recent_gaps").getJsonObject(0);
  }

  private boolean isHeard(String node) {
    JsonObject last = device(node, "resting").getJsonArray("recent_gaps").getJsonObject(0);
    return last.containsKey("to") && !last.isNull("to");
  }

  private void assertKnows(String node, JsonObject gap) throws Exception {
    awaitLive(node, "steady");
    assertThat(device(node, "resting").getJsonArray("recent_gaps"))
        .as("gaps at " + node)
        .contains(gap);
    JsonObject steady = device(node, "steady");
    assertThat(steady.getJsonNumber("interval_seconds").doubleValue()).isBetween(0.3, 1.0);
    JsonObject fleet = json(get(node, "/v1/fleet"));
    assertThat(fleet.getJsonObject("gaps").getInt("sluice-down")).isZero();
    assertThat(fleet.getJsonArray("incidents").toString()).doesNotContain("stopped");
    assertThat(json(get(node, "/v1/fleet/gaps?cause=sluice-down")).getJsonArray("gaps")).isEmpty();
  }

  private void awaitLive(String node, String sensor) {
    await()
        .atMost(PATIENCE)
        .until(() ->
            get(node, "/v1/fleet/devices/" + sensor).statusCode() == 200
                && device(node, sensor).getString("state").equals("live"));
  }

  private boolean known(String node) throws IOException, InterruptedException {
    return get(node, "/v1/fleet").statusCode() == 200;
  }

  /** Waits until the cluster has a snapshot that was made after this call. */
  private void awaitKept(String node) {
    long now = System.currentTimeMillis();
    sending.add("spare");
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofSeconds(2))
        .until(() -> {
          // That makes the next snapshot come soon.
          retire(node, "spare");
          return keptMillis() > now;
        });
  }

  private void retire(String node, String id) throws IOException, InterruptedException {
    String body = "{\"action\":\"retire\",\"device_id\":\"%s\"}".formatted(id);
    http.send(
        HttpRequest.newBuilder(process(node).url("admin").resolve("/v1/fleet"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.discarding());
  }

  /** When the newest header of a snapshot was written. */
  private long keptMillis() {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", TestKafka.shared().servers());
    TopicPartition partition = new TopicPartition(topic + "-fleet", 0);
    long newest = 0;
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
      while (consumer.position(partition) < end) {
        for (ConsumerRecord<byte[], byte[]> each : consumer.poll(Duration.ofMillis(100))) {
          if (each.value() != null && new String(each.key(), UTF_8).matches("[0-9]+/[01]")) {
            newest = each.timestamp();
          }
        }
      }
    }
    return newest;
  }

  private void send() {
    String readings =
        sending.stream()
            .map("{\"device_id\":\"%s\",\"temp\":21.5}"::formatted)
            .collect(Collectors.joining(",", "[", "]"));
    try {
      process("in").post("/v1/readings", "application/json", readings);
    } catch (IOException | InterruptedException | RuntimeException e) {
      System.out.println("not sent at " + Instant.now() + ": " + e);
    }
  }

  private JsonObject device(String node, String id) {
    try {
      return json(get(node, "/v1/fleet/devices/" + id));
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private HttpResponse<String> get(String node, String path)
      throws IOException, InterruptedException {
    return process(node).get("admin", path);
  }

  private static JsonObject json(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    try (JsonReader reader = Json.createReader(new StringReader(answer.body()))) {
      return reader.readObject();
    }
  }

  private void launch(String id) {
    String roles = id.equals("in") ? "ingest" : "delivery";
    nodes.put(
        id,
        SluiceProcess.launch(
            directory.resolve(id), "serve", settings(id, "node.id=" + id, "node.roles=" + roles)));
  }

  private List<String> storeSettings(String id) {
    List<String> settings = new ArrayList<>();
    settings.add("data.dir=" + directory.resolve(id).resolve("data"));
    settings.add("ingest.port=0");
    settings.add("admin.port=0");
    settings.add("questdb.mode=remote");
    settings.add("questdb.url=http://127.0.0.1:" + questDb.port());
    settings.add("cutover.initial-phase=retired");
    return settings;
  }

  private List<String> settings(String id, String... more) {
    List<String> settings = storeSettings(id);
    settings.add("journal.kind=kafka");
    settings.add("journal.kafka.servers=" + TestKafka.shared().servers());
    settings.add("journal.kafka.topic=" + topic);
    settings.add("journal.kafka.partitions=4");
    settings.add("journal.kafka.replication=1");
    settings.addAll(List.of(more));
    return settings;
  }

  private SluiceProcess process(String id) {
    return requireNonNull(nodes.get(id), id);
  }

  /** The process, no longer counted among the nodes. */
  private SluiceProcess gone(String id) {
    return requireNonNull(nodes.remove(id), id);
  }
}
