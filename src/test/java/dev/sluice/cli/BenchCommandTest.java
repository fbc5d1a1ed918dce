package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.bench.TestServer;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringReader;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchCommandTest {
  private final Map<String, String> environment = new HashMap<>();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void reportsOneJsonObjectWithTheseKeys() throws IOException {
    try (TestServer server = new TestServer(number -> number == 3 ? 503 : 204)) {
      int exit =
          bench(
              server,
              "--json --rate 100 --duration 500ms --connections 5 --batch 10 --format lines --seed 7");

      assertThat(exit).isEqualTo(Cli.FAILED);
      JsonObject report = json();
      assertThat(report.keySet())
          .containsExactly(
              "requests",
              "ok",
              "failed",
              "readings",
              "seconds",
              "requests_per_second",
              "readings_per_second",
              "connections",
              "latency_us",
              "service_us",
              "behind_us",
              "cpu_seconds",
              "seed");
      for (String times : List.of("latency_us", "service_us")) {
        assertThat(report.getJsonObject(times).keySet())
            .containsExactly("p50", "p90", "p99", "p99_9", "p99_99", "max", "mean");
      }
      assertThat(report.getJsonObject("behind_us").keySet()).containsExactly("p99", "max");
      assertThat(report.getInt("requests")).isEqualTo(50);
      assertThat(report.getInt("ok")).isEqualTo(49);
      assertThat(report.getJsonObject("failed").toString()).isEqualTo("{\"503\":1}");
      assertThat(report.getInt("readings")).isEqualTo(490);
      assertThat(report.getInt("connections")).isEqualTo(5);
      assertThat(report.getInt("seed")).isEqualTo(7);
      assertThat(report.getJsonNumber("cpu_seconds").doubleValue()).isPositive();
      assertThat(server.requests)
          .allMatch(request -> request.startsWith("POST /write?precision=us text/plain"));
    }
  }

  @Test
  void showsPeopleWhatIsSentAndWhatCameOfIt() throws IOException {
    try (TestServer server = new TestServer(number -> 204)) {
      assertThat(
              bench(
                  server,
                  "--rate 1000 --duration 200ms --connections 1 --warmup 100ms --cooldown 50ms"))
          .isEqualTo(Cli.OK);

      assertThat(text(out))
          .contains("target      http://127.0.0.1:" + server.port())
          .contains("1 connection, 1,000 requests/s, open loop, 1 reading per request, json")
          .contains("200 ms after 100 ms of warm-up, and 50 ms of cool-down")
          .containsPattern("seed +\\d+")
          .contains("200, 200 ok")
          .containsPattern("latency( +[\\d.,]+){7}")
          .doesNotContain("failed");
    }
  }

  @Test
  void sendsWhereItIsToldTo() throws IOException {
    environment.put("SLUICE_TOKEN", "secret");
    try (TestServer server = new TestServer(number -> 204)) {
      String few = "--duration 100ms --rate 10 --connections 1";
      assertThat(
              run("bench --format ndjson --batch 2 --url " + url(server) + "/ingest?db=x " + few))
          .isZero();

      assertThat(server.requests)
          .singleElement()
          .satisfies(request ->
              assertThat(request)
                  .startsWith("POST /ingest?db=x application/x-ndjson Bearer secret {")
                  .contains("}\n{"));
    }
  }

  @Test
  void sendsOneObjectOrAnArray() throws IOException {
    try (TestServer server = new TestServer(number -> 204)) {
      String few = "--duration 100ms --rate 10 --connections 1";
      assertThat(bench(server, few)).isZero();
      assertThat(bench(server, few + " --batch 2")).isZero();

      assertThat(server.requests)
          .hasSize(2)
          .anyMatch(request -> request.contains("application/json null {"))
          .anyMatch(request -> request.contains("application/json null [{"));
    }
  }

  @Test
  void saysThatNobodyListens() throws IOException {
    int port;
    try (ServerSocket unused = new ServerSocket(0)) {
      port = unused.getLocalPort();
    }

    assertThat(run("bench --json --url http://127.0.0.1:" + port)).isEqualTo(Cli.FAILED);

    assertThat(text(out)).isEmpty();
    assertThat(text(err).lines())
        .singleElement()
        .asString()
        .contains("cannot connect to http://127.0.0.1:" + port, "nothing listens there");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--duration soon | is not a duration such as 500ms, 30s or 5m",
        "--duration 0s | --duration is 0ms, allowed are 1ms",
        "--url ftp://h | HOST:PORT",
        "--connections 0 | --connections is 0, allowed are 1 to",
        "--batch 0 | --batch is 0",
        "--devices 10000001 | --devices is 10000001, allowed are 1 to 10000000",
        "--rate 0 | --rate is 0.0",
        "--jitter 1.5 | --jitter is 1.5, allowed are 0 to 1",
        "--out-of-order -1 | --out-of-order is -1.0",
        "--reconnect-every 10s | --reconnect-every needs --rate",
        "--reconnect-every 1s --rate 1 | --offline is 5000ms, allowed is at most",
        "--format xml | --format"
      })
  void refusesWhatCannotBeRun(String options, String message) {
    assertThat(run("bench " + options)).isEqualTo(Cli.USAGE);

    assertThat(text(err)).contains(message, "sluice bench --help");
  }

  @Test
  void refusesATokenThatWouldEndItsHeader() {
    environment.put("SLUICE_TOKEN", "a\r\nX: y");

    assertThat(run("bench")).isEqualTo(Cli.USAGE);

    assertThat(text(err))
        .contains("--token has characters that a header must not contain")
        .doesNotContain("X: y");
  }

  @Test
  void explainsItself() {
    assertThat(run("bench --help")).isZero();

    assertThat(text(out)).contains("Usage: sluice bench", "--rate", "--out-of-order", "Exit codes");
  }

  private int bench(TestServer server, String options) {
    return run("bench --url " + url(server) + " " + options);
  }

  private static String url(TestServer server) {
    return "http://127.0.0.1:" + server.port();
  }

  private int run(String line) {
    out.reset();
    return new Cli(
            (settings, mode, stream) -> 0,
            new CommandRun.NoMigrations(),
            CommandRun.NOTHING_TO_MEND,
            environment,
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8))
        .run(line.split(" "));
  }

  private JsonObject json() {
    try (JsonReader reader = Json.createReader(new StringReader(text(out)))) {
      return reader.readObject();
    }
  }

  private static String text(ByteArrayOutputStream stream) {
    return stream.toString(StandardCharsets.UTF_8);
  }
}
