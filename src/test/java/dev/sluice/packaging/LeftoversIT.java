package dev.sluice.packaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the jar, started by hand, leaves behind, killed or stopped: nothing in the temporary folder,
 * nothing in the folder it was started in but its data, and no more of that from start to start.
 */
@Tag("long")
class LeftoversIT {
  /** The last round whose files may be new: one start was killed by then, and one stopped. */
  private static final int KILLED_AND_STOPPED = 1;

  private static final Duration LIMIT = Duration.ofMinutes(3);

  @TempDir private Path folder;
  private Path temporary;
  private Path here;

  @BeforeEach
  void makeFolders() throws IOException {
    temporary = Files.createDirectories(folder.resolve("temporary"));
    here = Files.createDirectories(folder.resolve("here"));
  }

  @Test
  void leavesNothingBehindWhateverTheCommand() throws Exception {
    List<String> files = List.of();
    for (int round = 0; round < 3; round++) {
      startAndEnd("up", round % 2 == 1); // the last one is stopped, and MariaDB with it
      List<String> now = lasting(here.resolve("data"));
      if (round > KILLED_AND_STOPPED) {
        assertThat(now).isEqualTo(files);
      }
      files = now;
    }
    for (String command :
        List.of("--version", "status", "bench --duration 1s --url http://127.0.0.1:1")) {
      run(command);
    }

    assertThat(names(temporary)).isEmpty();
    assertThat(names(here)).containsExactly("data");
  }

  @Test
  void leavesNothingBehindInPhaseRetired() throws Exception {
    startAndEndRetired(4);
  }

  @Test
  void leavesNothingBehindAfterManyStarts() throws Exception {
    startAndEndRetired(25);
  }

  private void startAndEndRetired(int times) throws Exception {
    assertThat(run("migrate --set cutover.initial-phase=retired").exitCode()).isZero();
    List<String> files = List.of();
    for (int round = 0; round < times; round++) {
      startAndEnd("serve", round % 2 == 0, "--set", "cutover.initial-phase=retired");
      List<String> now = lasting(here.resolve("data"));
      if (round > KILLED_AND_STOPPED) {
        assertThat(now).as("after start %d", round + 1).isEqualTo(files);
      }
      files = now;
    }

    assertThat(names(temporary)).isEmpty();
    assertThat(names(here)).containsExactly("data");
  }

  private Program run(String command) {
    return Program.java(here, line(List.of(command.split(" ", -1))));
  }

  private void startAndEnd(String command, boolean kill, String... more)
      throws IOException, InterruptedException {
    Path out = folder.resolve("out");
    List<String> all = new ArrayList<>(List.of(Program.javaProgram().toString()));
    List<String> arguments = new ArrayList<>(List.of(command));
    for (String port :
        List.of("ingest.port", "admin.port", "questdb.console-port", "questdb.pg-port")) {
      arguments.addAll(List.of("--set", port + "=0"));
    }
    arguments.addAll(List.of(more));
    all.addAll(line(arguments));
    Process process =
        new ProcessBuilder(all)
            .directory(here.toFile())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile())
            .start();
    try {
      await()
          .atMost(LIMIT)
          .until(() -> !process.isAlive() || Files.readString(out).contains("Sluice is ready"));
      assertThat(process.isAlive()).as(Files.readString(out)).isTrue();
      if (!kill) {
        process.destroy();
      }
    } finally {
      if (kill || !process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    }
    assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
  }

  private List<String> line(List<String> arguments) {
    List<String> line =
        new ArrayList<>(
            List.of(
                "-Xmx512m",
                // What is left behind does not depend on these, and many starts take half the
                // time.
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-Djava.io.tmpdir=" + temporary,
                "-jar",
                Program.jar().toString()));
    line.addAll(arguments);
    return line;
  }

  /** Every file but those that the stores and the journal hold their readings in. */
  private static List<String> lasting(Path data) throws IOException {
    try (Stream<Path> files = Files.walk(data)) {
      return files
          .map(file -> data.relativize(file).toString())
          .filter(file -> !file.matches("(journal|questdb.db|mysql.data|mysql.tmp)/.*"))
          .filter(file -> !file.equals("fleet/incidents.ndjson")) // made with the first incident
          .sorted()
          .toList();
    }
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> !name.matches("(out|err)\\d+\\.txt")) // of Program
          .toList();
    }
  }
}
