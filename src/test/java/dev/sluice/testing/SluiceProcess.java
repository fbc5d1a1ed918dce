package dev.sluice.testing;

import static org.awaitility.Awaitility.await;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;

/**
 * The production jar as a child process of this test: the way users run it, and the only way to
 * kill it for real. Standard output and the log go to files in the data directory's parent.
 */
public final class SluiceProcess implements AutoCloseable {
  private static final Pattern URL = Pattern.compile("(\\w+)=(\\S+)");
  private static final Duration START = Duration.ofMinutes(5);

  private static final Path JAR = Path.of(System.getProperty("sluice.jar", "target/sluice.jar"));
  private static final List<String> FAST_START = fastStart();

  private final Process process;
  private final Path out;
  private final Path log;
  private HttpClient http = HttpClient.newHttpClient();
  private Optional<String> token = Optional.empty();

  private SluiceProcess(Process process, Path out, Path log) {
    this.process = process;
    this.out = out;
    this.log = log;
  }

  /** Starts a command of the jar with these settings and returns at once. */
  public static SluiceProcess launch(Path directory, String command, List<String> settings) {
    return launch(directory, List.of(), command, settings);
  }

  /** Likewise, with these words before the command line, {@code prlimit --nofile=100} for one. */
  public static SluiceProcess launch(
      Path directory, List<String> before, String command, List<String> settings) {
    Path out = directory.resolve("sluice.out");
    Path log = directory.resolve("sluice.log");
    List<String> line = new ArrayList<>(before);
    line.addAll(TestJava.command());
    line.add(
        "@jvm-options/"
            + (Runtime.version().feature() < 23 ? "jdk21" : "jdk25")
            + "-small.options");
    line.addAll(FAST_START);
    // Kafka's codecs unpack themselves there, and stay when the process is killed.
    line.add("-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir"));
    line.addAll(List.of("-jar", JAR.toAbsolutePath().toString(), command));
    settings.forEach(setting -> line.addAll(List.of("--set", setting)));
    try {
      Files.createDirectories(directory);
      Files.deleteIfExists(out);
      return new SluiceProcess(
          new ProcessBuilder(line)
              .redirectOutput(out.toFile())
              .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
              .start(),
          out,
          log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Launches and waits for the ready line. */
  public static SluiceProcess start(Path directory, String command, List<String> settings) {
    return start(directory, List.of(), command, settings);
  }

  /** Likewise, with these words before the command line. */
  public static SluiceProcess start(
      Path directory, List<String> before, String command, List<String> settings) {
    SluiceProcess sluice = launch(directory, before, command, settings);
    sluice.awaitReady();
    return sluice;
  }

  /** Waits for the ready line. */
  public void awaitReady() {
    await().atMost(START).until(() -> !alive() || out().contains("Sluice is ready"));
    if (!alive()) {
      throw new AssertionError("ended with " + process.exitValue() + ": " + out() + log());
    }
  }

  /** From here on, requests trust what this context trusts, and show what it shows. */
  public SluiceProcess with(SSLContext tls) {
    http.close();
    http = HttpClient.newBuilder().sslContext(tls).build();
    return this;
  }

  /** From here on, requests show this token. */
  public SluiceProcess withToken(String token) {
    this.token = Optional.of(token);
    return this;
  }

  public boolean alive() {
    return process.isAlive();
  }

  public long pid() {
    return process.pid();
  }

  /** A URL the ready line names: {@code ingest}, {@code admin}, {@code console}, {@code pg}. */
  public URI url(String name) {
    Matcher matcher = URL.matcher(out());
    while (matcher.find()) {
      if (matcher.group(1).equals(name)) {
        return URI.create(matcher.group(2));
      }
    }
    throw new AssertionError("no " + name + "= in: " + out());
  }

  public String out() {
    return read(out);
  }

  public String log() {
    return read(log);
  }

  /** {@code kill -9}; returns when the process is gone. */
  public void kill() {
    process.destroyForcibly();
    awaitExit(Duration.ofMinutes(2));
  }

  /** SIGTERM; the exit code, within this time. */
  public int terminate(Duration timeout) {
    process.destroy();
    return awaitExit(timeout);
  }

  /** The exit code of a process that ends by itself. */
  public int awaitExit(Duration timeout) {
    try {
      if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError("still running after " + timeout + ": " + log());
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** {@code POST} to the ingest port. */
  public HttpResponse<String> post(String path, String contentType, String body)
      throws IOException, InterruptedException {
    return http.send(
        request("ingest", path)
            .header("Content-Type", contentType)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  /** {@code GET} from the server named as in {@link #url}. */
  public HttpResponse<String> get(String server, String path)
      throws IOException, InterruptedException {
    return http.send(request(server, path).build(), HttpResponse.BodyHandlers.ofString());
  }

  private HttpRequest.Builder request(String server, String path) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(url(server).resolve(path)).timeout(Duration.ofSeconds(20));
    token.ifPresent(secret -> request.header("Authorization", "Bearer " + secret));
    return request;
  }

  /** {@code GET /v1/status}. */
  public JsonObject status() {
    try (JsonReader reader =
        Json.createReader(new StringReader(get("admin", "/v1/status").body()))) {
      return reader.readObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** One sink's part of the status. */
  public JsonObject sink(String name) {
    return status().getJsonObject("sinks").getJsonObject(name);
  }

  /** Waits until this process delivers to this sink and has nothing left to deliver. */
  public void awaitCaughtUp(String sink) {
    await()
        .atMost(Duration.ofMinutes(2))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> {
          JsonObject its = sink(sink);
          return !its.isNull("lag_readings") && its.getInt("lag_readings") == 0;
        });
  }

  /** Kills what still runs. */
  @Override
  public void close() {
    kill();
    http.close();
  }

  /** The options by which {@code ./sluice} uses what the build prepared with this very jar. */
  private static List<String> fastStart() {
    String jdk = Runtime.version().toString().replaceAll("[^A-Za-z0-9.]", "_");
    try (Stream<Path> beside = Files.list(JAR.toAbsolutePath().getParent())) {
      FileTime built = Files.getLastModifiedTime(JAR);
      List<String> options = new ArrayList<>();
      for (Path file : beside.toList()) {
        if (file.getFileName().toString().startsWith("jdk25-small-" + jdk + "-")
            && file.toString().endsWith(".aot")
            && Files.getLastModifiedTime(file).compareTo(built) > 0) {
          options.addAll(List.of("-XX:AOTCache=" + file, "-Xlog:aot*=off", "-Xlog:cds*=off"));
        }
      }
      return List.copyOf(options);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(Path file) {
    try {
      return Files.exists(file) ? Files.readString(file) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
