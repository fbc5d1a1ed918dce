package dev.sluice;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.RawHttp;
import dev.sluice.http.RawHttp.Answer;
import dev.sluice.testing.Operator;
import dev.sluice.testing.ServeFixture;
import dev.sluice.testing.SluiceProcess;
import dev.sluice.testing.TestJava;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The audit log of the production jar: every changing route it serves, and {@code kill -9} in the
 * middle of a change.
 */
@Tag("mysql")
@Tag("long")
class AuditIT {
  private static final String JSON = "Content-Type: application/json\r\n";

  /** A request for each changing route of the admin port; a route without one fails the test. */
  private static final Map<String, String> BODIES =
      Map.of(
          "/v1/cutover", "{\"to\":\"mirror\"}",
          "/v1/backfill", "{\"action\":\"pause\"}",
          "/v1/verify", "{\"action\":\"repair\"}",
          "/v1/fleet", "{\"action\":\"retire\",\"device_id\":\"hall/7\"}");

  @TempDir Path directory;

  private ServeFixture fixture;
  private Path data;
  private Path file;

  @BeforeEach
  void migrate() {
    fixture = ServeFixture.migrated(directory);
    data = directory.resolve("data");
    file = data.resolve("audit.ndjson");
  }

  @Test
  void everyChangingRouteThatIsServedLeavesTwoLines() throws Exception {
    try (SluiceProcess sluice = fixture.start()) {
      Set<String> changing = changingRoutes(sluice);
      assertThat(changing).isEqualTo(BODIES.keySet());
      int lines = lines().size();
      for (String path : changing) {
        post(sluice, path, Objects.requireNonNull(BODIES.get(path)));

        assertThat(lines()).as(path).hasSize(lines + 2);
        assertThat(lines().get(lines).getString("path")).isEqualTo(path);
        assertThat(lines().get(lines + 1).getString("event")).isEqualTo("after");
        lines += 2;
      }
      assertThat(verify()).contains("every line fits");
    }
  }

  @Test
  void thePhaseNamesTheLineOfTheFlipThatSetIt() throws Exception {
    try (SluiceProcess sluice = fixture.start();
        Operator operator = new Operator(() -> sluice.url("admin"))) {
      operator.flip("mysql");
    }
    JsonObject phase = json(Files.readString(data.resolve("phase.json")));
    JsonObject after = lines().getLast();
    assertThat(after.getString("of")).isEqualTo(phase.getString("audit"));
    assertThat(after.getJsonObject("result")).hasToString("{\"phase\":\"mysql\",\"epoch\":2}");
    assertThat(verify()).contains("phase mysql of epoch 2 was set by the recorded change");

    Files.writeString(
        data.resolve("phase.json"), phase.toString().replace("\"mysql\"", "\"mirror\""));
    assertThat(verify()).contains("BROKEN: phase mirror of epoch 2");
  }

  /** The change waits in the middle: there is a pipe in the place of the file that it writes. */
  @Test
  void keepsItsChainWhenKilledInTheMiddleOfAChange() throws Exception {
    Path blocked = data.resolve("cutover/dead-letters.json.next");
    try (SluiceProcess sluice = fixture.start()) {
      Files.createDirectories(data.resolve("cutover"));
      assertThat(new ProcessBuilder("mkfifo", blocked.toString()).start().waitFor()).isZero();
      Thread asking = Thread.ofVirtual().start(() -> explain(sluice));
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> lines().getLast().getString("event").equals("before"));

      sluice.kill();
      Files.delete(blocked);
      asking.join();
    }
    Files.writeString(file, "{\"at\":\"20", StandardOpenOption.APPEND);
    assertThat(verify()).contains("the last line is cut short", "every line fits");

    try (SluiceProcess sluice = fixture.start()) {
      assertThat(
              post(sluice, "/v1/fleet", Objects.requireNonNull(BODIES.get("/v1/fleet"))).status())
          .isEqualTo(404);
    }

    List<JsonObject> lines = lines();
    assertThat(lines.stream().map(line -> line.getString("event")).toList())
        .containsExactly("started", "before", "mended", "started", "before", "after");
    assertThat(lines.getLast().getString("of")).isEqualTo(lines.getLast().getString("prev"));
    assertThat(verify()).contains("6 lines", "2 changes, 1 of them without a result");
  }

  @Test
  void refusesChangesAndTakesReadingsWhileItCannotRecord() throws Exception {
    Path unwritable = Files.createDirectories(directory.resolve("not-a-file"));
    try (SluiceProcess sluice = fixture.start("audit.file=" + unwritable)) {
      Answer refused = post(sluice, "/v1/verify", "{\"action\":\"start\"}");
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.body()).contains("nothing was done", unwritable.toString());
      assertThat(
              sluice
                  .post("/v1/readings", "application/json", "{\"device_id\":\"a\",\"temp\":1}")
                  .statusCode())
          .isEqualTo(204);
      assertThat(sluice.get("admin", "/v1/verify").body()).contains("\"state\":\"idle\"");
      assertThat(sluice.get("admin", "/metrics").body())
          .containsPattern("sluice_audit_failures_total [1-9]");
    }
  }

  private static void explain(SluiceProcess sluice) {
    try {
      post(
          sluice,
          "/v1/cutover",
          "{\"explain_dead_letters\":\"questdb\",\"by\":\"test\",\"reason\":\"because\"}");
    } catch (UncheckedIOException e) {
      // It is killed before it answers.
    }
  }

  private static Answer post(SluiceProcess sluice, String path, String body) {
    try (RawHttp http = new RawHttp(sluice.url("admin").getPort())) {
      return http.post(path, JSON, body);
    }
  }

  /**
   * What {@code sluice audit verify} prints; it exits with 1 if and only if something is broken.
   */
  private String verify() throws Exception {
    List<String> line = TestJava.command();
    line.addAll(List.of("-jar", System.getProperty("sluice.jar", "target/sluice.jar")));
    line.addAll(List.of("audit", "verify", "--set", "data.dir=" + data));
    Process verify = new ProcessBuilder(line).redirectErrorStream(true).start();
    String out = new String(verify.getInputStream().readAllBytes(), UTF_8);
    assertThat(verify.waitFor()).as(out).isEqualTo(out.contains("BROKEN") ? 1 : 0);
    return out;
  }

  private List<JsonObject> lines() throws IOException {
    return Files.readAllLines(file).stream().map(AuditIT::json).toList();
  }

  private static JsonObject json(String text) {
    try (JsonReader reader = Json.createReader(new StringReader(text))) {
      return reader.readObject();
    }
  }

  /** Paths of the admin port that take more than reads, as the running Sluice describes them. */
  private static Set<String> changingRoutes(SluiceProcess sluice) throws Exception {
    JsonObject paths = json(sluice.get("admin", "/openapi.json").body()).getJsonObject("paths");
    Set<String> changing = new TreeSet<>();
    paths.forEach((path, item) ->
        item.asJsonObject()
            .forEach((method, operation) -> {
              boolean admin =
                  operation
                      .asJsonObject()
                      .getJsonArray("servers")
                      .toString()
                      .contains("admin port");
              if (admin && !Set.of("get", "head").contains(method)) {
                changing.add(path);
              }
            }));
    return changing;
  }
}
