package dev.sluice.store.questdb;

import static org.awaitility.Awaitility.await;

import dev.sluice.store.questdb.remote.RemoteQuestDb;
import dev.sluice.testing.TestPorts;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** A QuestDB server of its own process, from the jar on the class path. */
public final class QuestDbServer implements AutoCloseable {
  private final Path directory;
  private final int port;
  private final int pgPort;
  private Optional<Process> process = Optional.empty();

  /** Not yet started. */
  public QuestDbServer(Path directory, String commitMode) throws IOException {
    this.directory = directory;
    this.port = TestPorts.free();
    this.pgPort = TestPorts.free();
    Files.createDirectories(directory.resolve("conf"));
    Files.writeString(
        directory.resolve("conf").resolve("server.conf"),
        """
        http.bind.to=127.0.0.1:%d
        http.min.enabled=false
        pg.net.bind.to=127.0.0.1:%d
        line.tcp.enabled=false
        line.udp.enabled=false
        telemetry.enabled=false
        shared.network.worker.count=1
        shared.query.worker.count=1
        shared.write.worker.count=2
        cairo.commit.mode=%s
        dev.mode.enabled=true
        """
            .formatted(port, pgPort, commitMode));
  }

  public void start() throws IOException {
    process =
        Optional.of(
            ChildJvm.of("io.questdb.ServerMain", "-d", directory.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("server.log").toFile())
                .start());
    try (RemoteQuestDb server = new RemoteQuestDb(config())) {
      await()
          .atMost(Duration.ofMinutes(3))
          .ignoreExceptionsInstanceOf(IOException.class)
          .until(() -> !server.query("SELECT 'up'").isEmpty());
    }
  }

  public void kill() {
    Process running = process.orElseThrow();
    running.destroyForcibly();
    await().atMost(Duration.ofMinutes(1)).until(() -> !running.isAlive());
  }

  public QuestDbConfig config() {
    return TestConfigs.remote("http://127.0.0.1:" + port);
  }

  public int port() {
    return port;
  }

  /** Its PostgreSQL wire. */
  public URI pg() {
    return URI.create("postgresql://127.0.0.1:" + pgPort + "/qdb");
  }

  /**
   * Stops applying what is written, as a full disk would, until it is resumed. Said again until it
   * is so: one that is being applied just then lifts it.
   */
  public void suspend() {
    try (RemoteQuestDb server = new RemoteQuestDb(config())) {
      await()
          .atMost(Duration.ofMinutes(1))
          .until(() -> {
            server.execute("ALTER TABLE readings SUSPEND WAL");
            return server.status().orElseThrow().suspended();
          });
    }
  }

  /** Runs these statements, as anybody could. */
  public void execute(String... statements) throws IOException {
    try (RemoteQuestDb server = new RemoteQuestDb(config())) {
      for (String statement : statements) {
        server.execute(statement);
      }
    }
  }

  Path directory() {
    return directory;
  }

  @Override
  public void close() {
    if (process.isPresent()) {
      kill();
    }
  }
}
