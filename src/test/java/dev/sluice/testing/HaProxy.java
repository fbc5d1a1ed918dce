package dev.sluice.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * HAProxy, unmodified, as scripts/fetch-haproxy.sh fetches it. Tests that need it are skipped, with
 * the reason, where it cannot be had.
 */
public final class HaProxy implements AutoCloseable {
  private static final int UNAVAILABLE = 75;
  private static final Path FOLDER = Path.of("target", "haproxy").toAbsolutePath();

  private final Process process;
  private final Path log;

  private HaProxy(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /** How a check of a file ended, and what was said. */
  public record Checked(int exit, String said) {}

  /** Skips the test if there is none. */
  public static void require() {
    try {
      Process fetch =
          new ProcessBuilder("scripts/fetch-haproxy.sh", FOLDER.toString())
              .redirectErrorStream(true)
              .start();
      String said = new String(fetch.getInputStream().readAllBytes(), UTF_8);
      int exit = fetch.waitFor();
      if (exit == UNAVAILABLE) {
        System.out.println("SKIPPED, there is no haproxy: " + said);
        Assumptions.abort("there is no haproxy: " + said);
      }
      if (exit != 0) {
        throw new AssertionError("scripts/fetch-haproxy.sh ended with " + exit + ": " + said);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** What {@code haproxy -c} says of a file. */
  public static Checked check(Path folder, Path config) {
    Path log = folder.resolve("haproxy-check.log");
    try {
      Process process = launch(log, "-c", "-f", config.toString());
      if (!process.waitFor(1, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        throw new AssertionError("haproxy -c does not end: " + Files.readString(log));
      }
      return new Checked(process.exitValue(), Files.readString(log));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Runs with this configuration until it is closed; returns when it accepts on the port. */
  public static HaProxy start(Path folder, String config, int port) {
    try {
      Path file = Files.writeString(folder.resolve("haproxy.cfg"), config);
      Path log = folder.resolve("haproxy.log");
      HaProxy proxy = new HaProxy(launch(log, "-db", "-f", file.toString()), log);
      await().until(() -> !proxy.process.isAlive() || accepts(port));
      if (!proxy.process.isAlive()) {
        throw new AssertionError("haproxy ended: " + proxy.log());
      }
      return proxy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Process launch(Path log, String... words) throws IOException {
    String[] line = new String[words.length + 1];
    line[0] = FOLDER.resolve("bookworm/usr/sbin/haproxy").toString();
    System.arraycopy(words, 0, line, 1, words.length);
    ProcessBuilder builder =
        new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(log.toFile());
    builder
        .environment()
        .put("LD_LIBRARY_PATH", Files.readString(FOLDER.resolve("libraries")).strip());
    return builder.start();
  }

  /** What it has said. */
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
  }

  private static boolean accepts(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }
}
