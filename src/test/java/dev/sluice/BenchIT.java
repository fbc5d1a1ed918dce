package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.ServeFixture;
import dev.sluice.testing.SluiceProcess;
import dev.sluice.testing.Stores;
import dev.sluice.testing.TestJava;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The load generator of the jar against a Sluice of the jar. */
@Tag("mysql")
class BenchIT {
  private record Run(int exit, String out, String err) {
    JsonObject json() {
      try (JsonReader reader = Json.createReader(new StringReader(out))) {
        return reader.readObject();
      }
    }
  }

  @TempDir Path directory;

  @Test
  void sendsReadingsThatAreAllAcceptedAndAllDifferentInTheStore() throws Exception {
    ServeFixture fixture = ServeFixture.migrated(directory);
    try (SluiceProcess sluice = fixture.start()) {
      String url = "--url " + sluice.url("ingest");
      String fleet =
          " --json --connections 20 --rate 200 --duration 3s --jitter 0.5 --out-of-order 0.1"
              + " --reconnect-every 1s --offline 300ms --devices 30";
      long sent = 0;
      // Seeds, because a run knows nothing of the late readings of the one before.
      for (String format :
          List.of("json --seed 1", "ndjson --batch 5 --seed 2", "lines --batch 10 --seed 3")) {
        Run run = bench("", url + fleet + " --format " + format);

        assertThat(run.exit()).as("%s", run).isZero();
        assertThat(run.json().getInt("requests")).isEqualTo(600);
        sent += run.json().getInt("readings");
      }
      assertThat(sent).isEqualTo(600 + 3_000 + 6_000);
      JsonObject ingest = sluice.status().getJsonObject("ingest");
      assertThat(ingest.getInt("accepted")).isEqualTo((int) sent);
      assertThat(ingest.getInt("rejected")).isZero();

      // The store keeps one row an identity, so as many rows mean that none came twice.
      sluice.awaitCaughtUp("questdb");
      assertThat(Stores.questDb(fixture.pg())).hasSize((int) sent);
    }
  }

  @Test
  void namesTheLimitOfOpenFilesThatItRanInto() throws Exception {
    ServeFixture fixture = ServeFixture.migrated(directory);
    try (SluiceProcess sluice = fixture.start()) {
      Run run = bench("ulimit -n 200;", "--connections 400 --url " + sluice.url("ingest"));

      assertThat(run.exit()).as("%s", run).isEqualTo(1);
      assertThat(run.err()).contains("may have 200 files open (ulimit -n)", "of 400 connections");
    }
  }

  private Run bench(String before, String options) throws Exception {
    String java = String.join(" ", TestJava.command());
    String jar = System.getProperty("sluice.jar", "target/sluice.jar");
    Path out = directory.resolve("bench.out");
    Path err = directory.resolve("bench.err");
    List<String> command = new ArrayList<>(List.of("sh", "-c"));
    command.add(before + " exec " + java + " -Xmx256m -jar " + jar + " bench " + options);
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      return new Run(process.exitValue(), read(out), read(err));
    } finally {
      process.destroyForcibly();
    }
  }

  private static String read(Path file) throws java.io.IOException {
    return Files.readString(file, StandardCharsets.UTF_8);
  }
}
