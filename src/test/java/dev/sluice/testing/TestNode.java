package dev.sluice.testing;

import static org.awaitility.Awaitility.await;

import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One of several Sluices on a topic, a process of its own that is killed, frozen and started again:
 * its name, its ports and its data stay the same. One thread does that; any thread asks.
 */
public final class TestNode implements AutoCloseable {
  private static final Duration START = Duration.ofMinutes(5);
  private static final int LOG_LINES = 60;

  private final String id;
  private final Path directory;
  private final List<String> settings;
  private final URI ingest;
  private final URI admin;
  private volatile SluiceProcess process;
  private volatile boolean ready;
  private volatile boolean frozen;

  private final AtomicInteger deaths = new AtomicInteger();

  /** Starts it and returns at once. */
  public TestNode(String id, String roles, ServeFixture fixture) {
    int ingestPort = TestPorts.free();
    int adminPort = TestPorts.free();
    this.id = id;
    this.directory = fixture.directory().resolve(id);
    this.ingest = URI.create("http://127.0.0.1:" + ingestPort);
    this.admin = URI.create("http://127.0.0.1:" + adminPort);
    this.settings =
        fixture.with(
            "data.dir=" + directory.resolve("data"),
            "node.id=" + id,
            "node.roles=" + roles,
            "ingest.port=" + ingestPort,
            "admin.port=" + adminPort);
    this.process = launched();
  }

  private SluiceProcess launched() {
    return SluiceProcess.launch(directory, "serve", settings);
  }

  public String id() {
    return id;
  }

  public URI ingest() {
    return ingest;
  }

  public URI admin() {
    return admin;
  }

  /**
   * How often it was ended. Who asks before he asks whether it is {@link #up}, and again when he
   * gets no answer, knows why.
   */
  public int deaths() {
    return deaths.get();
  }

  /** Whether it is known to have started, and neither killed nor frozen since. */
  public boolean up() {
    return ready && !frozen;
  }

  /**
   * Whether it runs, as {@link #up}, or has said so since this was last asked. One that could not
   * start is started again, as whoever supervises processes would; one that has ended later is a
   * failure.
   */
  public boolean looksUp() {
    if (!ready && !process.alive()) {
      System.out.println(id + " did not start, once more: " + lastLines(3));
      process.close();
      process = launched();
    } else if (!ready) {
      ready = process.out().contains("Sluice is ready");
    } else if (!process.alive()) {
      throw new AssertionError(id + " ended by itself: " + lastLines(LOG_LINES));
    }
    return up();
  }

  /** Waits until it runs. */
  public void awaitUp() {
    await("start of " + id).atMost(START).pollDelay(Duration.ZERO).until(this::looksUp);
  }

  /** {@code kill -9}; returns when it is gone. */
  public void kill() {
    ready = false;
    frozen = false;
    deaths.incrementAndGet();
    process.close();
  }

  /** Starts it again, once it was killed, and returns at once. */
  public void launch() {
    process = launched();
  }

  /** SIGTERM; the exit code. */
  public int terminate(Duration timeout) {
    ready = false;
    deaths.incrementAndGet();
    return process.terminate(timeout);
  }

  /** {@code kill -STOP}: it keeps its connections and does nothing. */
  public void freeze() {
    frozen = true;
    signal("-STOP");
  }

  /** {@code kill -CONT}. */
  public void thaw() {
    signal("-CONT");
    frozen = false;
  }

  private void signal(String signal) {
    try {
      int exit =
          new ProcessBuilder("kill", signal, String.valueOf(process.pid()))
              .inheritIO()
              .start()
              .waitFor();
      if (exit != 0) {
        throw new AssertionError("kill " + signal + " of " + id + " ended with " + exit);
      }
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** {@code GET} from the server named, {@code ingest} or {@code admin}; the node must be up. */
  public HttpResponse<String> get(String server, String path)
      throws IOException, InterruptedException {
    return process.get(server, path);
  }

  /** {@code GET /v1/status}; the node must be up. */
  public JsonObject status() {
    return process.status();
  }

  /** Whether it says that it leads. */
  public boolean leads() {
    return up()
        && status().getJsonArray("nodes").getValuesAs(JsonObject.class).stream()
            .anyMatch(node -> node.getString("id").equals(id) && node.getBoolean("leads"));
  }

  public String log() {
    return process.log();
  }

  private String lastLines(int most) {
    List<String> lines = process.log().lines().toList();
    return String.join("\n", lines.subList(Math.max(0, lines.size() - most), lines.size()));
  }

  /** Kills it if it runs. */
  @Override
  public void close() {
    process.close();
  }
}
