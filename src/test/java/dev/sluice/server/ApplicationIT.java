package dev.sluice.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.testing.SluiceProcess;
import dev.sluice.testing.TestPorts;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Starts that cannot succeed and stops that cannot finish, without any database. */
class ApplicationIT {
  private static final String READING = "{\"device_id\":\"s-1\",\"temp\":1}";

  @TempDir Path directory;

  @Test
  void saysWhatIsWrongWithADataDirectoryItCannotUse() throws Exception {
    Path data = Files.createFile(directory.resolve("data"));

    assertRefused(with("data.dir=" + data), "data.dir", data.toString(), "can write to");
  }

  @Test
  void saysWhichPortIsTaken() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = taken.getLocalPort();

      assertRefused(with("ingest.port=" + port), "127.0.0.1:" + port, "ingest.port");
      assertRefused(with("otlp.port=" + port), "127.0.0.1:" + port, "set otlp.port");
    }
  }

  @Test
  void saysThatATokensFileIsMissing() {
    assertRefused(
        with("auth.tokens-file=" + directory.resolve("nobody")), "auth.tokens-file", "nobody");
  }

  @Test
  void startsNoPrivateServerUnderServe() {
    List<String> settings = with();
    try (SluiceProcess first = SluiceProcess.start(directory, "serve", settings)) {
      assertThat(first.terminate(Duration.ofMinutes(2))).isZero();
    }
    List<String> retired =
        List.of(
            "data.dir=" + directory.resolve("data"),
            "ingest.port=0",
            "admin.port=0",
            "questdb.console-port=0",
            "questdb.pg-port=0",
            "cutover.initial-phase=retired");

    assertRefused(retired, "mysql.url is not set");
  }

  /** QuestDB finds its native library nowhere, which is an Error and no Exception. */
  @Test
  void exitsWithAFailureWhenTheStartEndsInAnError() throws Exception {
    Path log = directory.resolve("log");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dquestdb.libs.dir=" + directory.resolve("nowhere"),
                "-Djava.io.tmpdir=" + directory.resolve("nowhere"),
                "--enable-native-access=ALL-UNNAMED",
                "-jar",
                System.getProperty("sluice.jar", "target/sluice.jar"),
                "up",
                "--set",
                "cutover.initial-phase=retired",
                "--set",
                "data.dir=" + directory.resolve("data"))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      await().atMost(Duration.ofMinutes(2)).until(() -> !process.isAlive());
      assertThat(process.exitValue()).as(Files.readString(log)).isEqualTo(1);
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void runsVirtualThreadsOnFourCarriersAtLeast() throws Exception {
    try (SluiceProcess sluice = SluiceProcess.start(directory, "serve", with())) {
      Process asked =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                  String.valueOf(sluice.pid()),
                  "VM.system_properties")
              .redirectErrorStream(true)
              .start();

      assertThat(asked.inputReader().lines())
          .contains(
              "jdk.virtualThreadScheduler.parallelism="
                  + Math.max(4, Runtime.getRuntime().availableProcessors()));
      assertThat(asked.waitFor()).isZero();
    }
  }

  @Test
  void tellsOfADayInTheFarFutureThatQuestDbHas() throws Exception {
    LocalDate far = LocalDate.now(ZoneOffset.UTC).plusDays(300);
    String reading = "{\"device_id\":\"s-1\",\"ts\":\"" + far + "T12:00Z\",\"temp\":1}";
    try (SluiceProcess wrong =
        SluiceProcess.start(directory, "up", questDbOnly("ingest.max-ahead=400d"))) {
      assertThat(wrong.sink("questdb").get("newest_day")).isEqualTo(JsonValue.NULL);
      assertThat(wrong.post("/v1/readings", "application/json", reading).statusCode())
          .isEqualTo(204);
      wrong.awaitCaughtUp("questdb");
      assertThat(wrong.terminate(Duration.ofMinutes(2))).isZero();
      assertThat(wrong.log()).doesNotContain("further ahead than");
    }

    try (SluiceProcess sluice = SluiceProcess.start(directory, "up", questDbOnly())) {
      assertThat(sluice.sink("questdb").getString("newest_day")).isEqualTo(far.toString());
      assertThat(sluice.log())
          .contains("WARN", "QuestDB has readings of " + far + ", further ahead than");
      HttpResponse<String> refused = sluice.post("/v1/readings", "application/json", reading);
      assertThat(refused.statusCode()).isEqualTo(400);
      assertThat(refused.body()).contains(far + ": a clock that is ahead?");
    }
  }

  @Test
  void answersNotNowWhileAStoreHoldsUpTheStart() throws Exception {
    URI ingest = URI.create("http://127.0.0.1:" + TestPorts.free());
    URI admin = URI.create("http://127.0.0.1:" + TestPorts.free());
    try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        SluiceProcess sluice =
            SluiceProcess.launch(
                directory,
                "serve",
                with(
                    "ingest.port=" + ingest.getPort(),
                    "admin.port=" + admin.getPort(),
                    "mysql.url=jdbc:mysql://127.0.0.1:" + silent.getLocalPort() + "/silent"))) {
      await()
          .ignoreExceptionsInstanceOf(IOException.class)
          .until(() -> get(admin.resolve("/health/ready")).body().contains("starting"));

      HttpResponse<String> ready = get(admin.resolve("/health/ready"));
      HttpResponse<String> read = get(ingest.resolve("/v1/readings?device=s-1"));
      assertThat(List.of(ready.statusCode(), read.statusCode())).containsOnly(503);
      assertThat(read.headers().firstValue("Retry-After")).isPresent();
      assertThat(get(admin.resolve("/v1/status")).body()).contains("\"phase\":\"mysql\"");
      assertThat(sluice.out()).doesNotContain("ready");
    }
  }

  private static HttpResponse<String> get(URI uri) throws IOException, InterruptedException {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }
  }

  @Test
  void keepsItsPortsAndTellsThatItStopsWhileDeliveryCatchesUp() throws Exception {
    try (SluiceProcess sluice =
        SluiceProcess.start(directory, "serve", with("shutdown.timeout=5s"))) {
      assertThat(sluice.post("/v1/readings", "application/json", READING).statusCode())
          .isEqualTo(204);
      long begin = System.nanoTime();
      ProcessHandle.of(sluice.pid()).orElseThrow().destroy();

      await().until(() -> sluice.get("admin", "/health/ready").statusCode() == 503);
      HttpResponse<String> refused = sluice.post("/v1/readings", "application/json", READING);
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(refused.headers().firstValue("Retry-After")).isPresent();
      assertThat(sluice.sink("mysql").getInt("lag_readings")).isEqualTo(1);

      assertThat(sluice.awaitExit(Duration.ofMinutes(2))).isZero();
      assertThat(Duration.ofNanos(System.nanoTime() - begin))
          .isBetween(Duration.ofSeconds(4), Duration.ofMinutes(1));
    }
  }

  private void assertRefused(List<String> settings, String... words) {
    try (SluiceProcess sluice =
        SluiceProcess.launch(directory.resolve("refused"), "serve", settings)) {
      assertThat(sluice.awaitExit(Duration.ofMinutes(2))).isEqualTo(1);
      assertThat(sluice.log()).contains(words);
      assertThat(sluice.out()).doesNotContain("ready");
    }
  }

  private List<String> questDbOnly(String... more) {
    List<String> settings = new ArrayList<>(List.of(more));
    settings.add("data.dir=" + directory.resolve("data"));
    settings.add("cutover.initial-phase=retired");
    for (String port :
        List.of("ingest.port", "admin.port", "questdb.console-port", "questdb.pg-port")) {
      settings.add(port + "=0");
    }
    return settings;
  }

  /** Phase {@code mysql} with a server that is not there. */
  private List<String> with(String... more) {
    Map<String, String> settings = new TreeMap<>();
    settings.put("data.dir", directory.resolve("data").toString());
    settings.put("ingest.port", "0");
    settings.put("admin.port", "0");
    settings.put("mysql.url", "jdbc:mysql://127.0.0.1:" + TestPorts.free() + "/nowhere");
    for (String setting : more) {
      int equals = setting.indexOf('=');
      settings.put(setting.substring(0, equals), setting.substring(equals + 1));
    }
    return settings.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList();
  }
}
