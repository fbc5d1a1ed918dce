package dev.sluice.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * Eclipse Mosquitto, unmodified: its broker and its command-line client, as
 * scripts/fetch-mosquitto.sh fetches them. Tests that need them are skipped, with the reason, where
 * they cannot be had.
 */
public final class Mosquitto {
  private static final int UNAVAILABLE = 75;
  private static final Path FOLDER = Path.of("target", "mosquitto").toAbsolutePath();

  private final String libraries;

  private Mosquitto(String libraries) {
    this.libraries = libraries;
  }

  /** What a program said, and how it ended. */
  public record Ended(int exit, String said) {}

  /** The programs; skips the test if they cannot be had. */
  public static Mosquitto fetched() {
    try {
      Process fetch =
          new ProcessBuilder("scripts/fetch-mosquitto.sh", FOLDER.toString())
              .redirectErrorStream(true)
              .start();
      String said = new String(fetch.getInputStream().readAllBytes(), UTF_8);
      int exit = fetch.waitFor();
      if (exit == UNAVAILABLE) {
        System.out.println("SKIPPED, there is no mosquitto: " + said);
        Assumptions.abort("there is no mosquitto: " + said);
      }
      if (exit != 0) {
        throw new AssertionError("scripts/fetch-mosquitto.sh ended with " + exit + ": " + said);
      }
      return new Mosquitto(Files.readString(FOLDER.resolve("libraries")).strip());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private Process start(Path log, String program, List<String> words) throws IOException {
    List<String> line = new ArrayList<>(words);
    line.addFirst(FOLDER.resolve("root/usr").resolve(program).toString());
    ProcessBuilder builder =
        new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().put("LD_LIBRARY_PATH", libraries);
    return builder.start();
  }

  /** Runs mosquitto_pub with these words; a minute is all it gets. */
  public Ended publish(Path folder, int port, String... words) {
    List<String> line = new ArrayList<>(List.of("-h", "127.0.0.1", "-p", String.valueOf(port)));
    line.addAll(List.of(words));
    try {
      Path log = Files.createTempFile(folder, "mosquitto_pub", ".log");
      Process process = start(log, "bin/mosquitto_pub", line);
      if (!process.waitFor(1, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        throw new AssertionError("mosquitto_pub does not end: " + Files.readString(log));
      }
      return new Ended(process.exitValue(), Files.readString(log));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** A broker that runs until it is closed. */
  public record Broker(Process process, int port, Path log) implements AutoCloseable {
    @Override
    public void close() {
      process.destroyForcibly();
      try {
        process.waitFor();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  /** Starts a broker with these lines of configuration besides its listener. */
  public Broker broker(Path folder, String... lines) {
    int port = TestPorts.free();
    List<String> all = new ArrayList<>();
    all.add("listener " + port + " 127.0.0.1");
    all.add("allow_anonymous true");
    all.add("persistence false");
    all.addAll(List.of(lines));
    Path log = folder.resolve("mosquitto.log");
    try {
      Path file = Files.write(folder.resolve("mosquitto.conf"), all);
      Broker broker =
          new Broker(start(log, "sbin/mosquitto", List.of("-c", file.toString())), port, log);
      await().until(() -> !broker.process.isAlive() || accepts(port));
      if (!broker.process.isAlive()) {
        throw new AssertionError("mosquitto ended: " + Files.readString(log));
      }
      return broker;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
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
