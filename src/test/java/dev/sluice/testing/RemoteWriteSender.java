package dev.sluice.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;

/**
 * A real program that scrapes metrics four times a second and sends them by Prometheus remote
 * write, and the target that it scrapes: {@code seq} counts scrapes, {@code gone} ends after the
 * first {@value #CLEAN} of them, and {@code bad}, which is never a number, begins then.
 */
public final class RemoteWriteSender implements AutoCloseable {
  /** So many scrapes have nothing bad in them. */
  public static final int CLEAN = 5;

  private static final Path PROGRAMS = Path.of("target", "prometheus");
  private static final int UNAVAILABLE = 75;

  /** What is run, and how. */
  public enum Kind {
    PROMETHEUS_2("bookworm", "prometheus", ""),
    PROMETHEUS_3("unstable", "prometheus", ""),
    PROMETHEUS_3_VERSION_2(
        "unstable", "prometheus", "    protobuf_message: io.prometheus.write.v2.Request\n"),
    VMAGENT("unstable", "vmagent", "");

    private final Path program;
    private final String option;

    Kind(String suite, String program, String option) {
      this.program = PROGRAMS.resolve(Path.of(suite, "usr", "bin", program));
      this.option = option;
    }
  }

  private final Kind kind;
  private final HttpServer target;
  private final AtomicInteger scrapes = new AtomicInteger();
  private final Process process;
  private final Path log;

  /** Fetches the programs, or skips the test, and says so, where they cannot be had. */
  public static void fetch() throws IOException, InterruptedException {
    int status =
        new ProcessBuilder("bash", "scripts/fetch-prometheus.sh", PROGRAMS.toString())
            .inheritIO()
            .start()
            .waitFor();
    Assumptions.assumeTrue(status != UNAVAILABLE, "NO REAL PROMETHEUS, so none is tested");
    if (status != 0) {
      throw new AssertionError("scripts/fetch-prometheus.sh exited " + status);
    }
  }

  /**
   * Starts a sender.
   *
   * @param folder for its files
   * @param ingest where it sends to
   */
  public RemoteWriteSender(Kind kind, Path folder, URI ingest) {
    this.kind = kind;
    try {
      Files.createDirectories(folder);
      target = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      target.createContext(
          "/metrics",
          exchange -> {
            byte[] page = page(scrapes.incrementAndGet()).getBytes(UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "text/plain; version=0.0.4");
            exchange.sendResponseHeaders(200, page.length);
            exchange.getResponseBody().write(page);
            exchange.close();
          });
      target.start();
      log = folder.resolve("log");
      process =
          new ProcessBuilder(command(folder, ingest))
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public Kind kind() {
    return kind;
  }

  /** The label {@code instance} of its series. */
  public String instance() {
    return "127.0.0.1:" + target.getAddress().getPort();
  }

  /** How often it has scraped so far, which is the last value of {@code seq}. */
  public int scrapes() {
    return scrapes.get();
  }

  public boolean alive() {
    return process.isAlive();
  }

  /** What it has logged. */
  public String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    target.stop(0);
  }

  private static String page(int scrape) {
    return "seq " + scrape + "\n" + (scrape > CLEAN ? "bad NaN\n" : "gone 1\n");
  }

  private List<String> command(Path folder, URI ingest) throws IOException {
    String url = ingest.resolve("/api/v1/write").toString();
    String listen = "127.0.0.1:" + TestPorts.free();
    Path scraped = folder.resolve("scraped.yml");
    String scrape =
        """
        global:
          scrape_interval: 250ms
          scrape_timeout: 250ms
        scrape_configs:
          - job_name: tests
            static_configs:
              - targets: ['%s']
        """
            .formatted(instance());
    Files.writeString(scraped, scrape);
    List<String> command = new ArrayList<>(List.of(kind.program.toAbsolutePath().toString()));
    if (kind == Kind.VMAGENT) {
      command.addAll(
          List.of(
              "-promscrape.config=" + scraped,
              "-remoteWrite.url=" + url,
              "-remoteWrite.tmpDataPath=" + folder.resolve("queue"),
              "-remoteWrite.flushInterval=250ms",
              "-httpListenAddr=" + listen));
      return command;
    }
    String write =
        """
        remote_write:
          - url: %s
        %s    queue_config:
              batch_send_deadline: 250ms
              max_backoff: 1s
        """
            .formatted(url, kind.option);
    Files.writeString(scraped, scrape + write);
    command.addAll(
        List.of(
            "--config.file=" + scraped,
            "--storage.tsdb.path=" + folder.resolve("tsdb"),
            "--web.listen-address=" + listen));
    return command;
  }
}
