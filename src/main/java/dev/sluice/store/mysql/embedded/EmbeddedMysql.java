package dev.sluice.store.mysql.embedded;

import dev.sluice.files.PrivateFiles;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The private MySQL-compatible server of {@code sluice up}: MariaDB, as a child process, on a
 * loopback port, with everything it owns in one directory. Port and password are kept there too, so
 * that a person can look at the readings with any MySQL client.
 *
 * <p>If this process is killed, the child keeps running. The next start finds it by its command
 * line and takes it over, or stops it if it was started in another way or does not answer; an
 * exclusive lock guarantees that it belongs to no live process. Confined to the thread that starts
 * and stops Sluice.
 */
public final class EmbeddedMysql implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedMysql.class);
  private static final String USER = "sluice";
  private static final String DATABASE = "sluice";
  private static final Duration STOP_LIMIT = Duration.ofSeconds(30);
  private static final int HIGHEST_PORT = 65_535;

  private final FileChannel lock;
  private final ProcessHandle process;
  private final int port;
  private final String password;

  private EmbeddedMysql(FileChannel lock, ProcessHandle process, int port, String password) {
    this.lock = lock;
    this.process = process;
    this.port = port;
    this.password = password;
  }

  /**
   * Starts the server and returns when it answers.
   *
   * @param directory used by the server alone; created if missing
   * @param say receives a message before each slow step
   * @throws UnavailableException saying why the server is not running and what to do
   */
  public static EmbeddedMysql start(Path directory, Consumer<String> say)
      throws UnavailableException {
    try {
      PrivateFiles.createDirectories(directory);
      // The real path, because it is compared with the command lines of processes.
      Path home = directory.toRealPath();
      FileChannel lock = lock(home);
      try {
        return startLocked(home, lock, say);
      } catch (IOException | UnavailableException | RuntimeException e) {
        lock.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UnavailableException(
          "the private MySQL server cannot use " + directory + ": " + e, e);
    }
  }

  private static EmbeddedMysql startLocked(Path home, FileChannel lock, Consumer<String> say)
      throws IOException, UnavailableException {
    MariaDbServer server = new MariaDbServer(home, MariaDbFiles.prepare(home, say));
    String password = PrivateFiles.secret(home.resolve("password"));
    Path portFile = home.resolve("port");
    for (ProcessHandle orphan : server.orphans()) {
      OptionalInt port = portIn(portFile);
      if (port.isPresent() && server.isStartedOn(orphan, port.getAsInt())) {
        EmbeddedMysql left = new EmbeddedMysql(lock, orphan, port.getAsInt(), password);
        if (server.answers(orphan, left.url(), USER, password)) {
          say.accept(
              "using the MySQL server that a killed Sluice left running, pid " + orphan.pid());
          return left;
        }
      }
      say.accept(
          "stopping the MySQL server that a killed Sluice left running, pid " + orphan.pid());
      MariaDbServer.stop(orphan, STOP_LIMIT);
    }
    int port = port(portFile);
    Process process = server.start(port, USER, password, DATABASE);
    EmbeddedMysql running = new EmbeddedMysql(lock, process.toHandle(), port, password);
    try {
      server.awaitAnswer(process.toHandle(), running.url(), USER, password);
      return running;
    } catch (UnavailableException e) {
      running.stopProcess();
      throw e;
    }
  }

  /** JDBC URL of its only database. */
  public String url() {
    return "jdbc:mysql://127.0.0.1:" + port + "/" + DATABASE;
  }

  /** The account with all privileges on that database. */
  public String user() {
    return USER;
  }

  /** That account's password, random and kept in the directory. */
  public String password() {
    return password;
  }

  /** Stops the server after its last transaction; kills it if that takes too long. */
  @Override
  public void close() {
    stopProcess();
    try {
      lock.close();
    } catch (IOException e) {
      // The lock is released with the process anyway.
      LOG.warn("closing the lock of the private MySQL server failed", e);
    }
  }

  private void stopProcess() {
    MariaDbServer.stop(process, STOP_LIMIT);
  }

  private static FileChannel lock(Path home) throws IOException, UnavailableException {
    FileChannel channel =
        PrivateFiles.open(
            home.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      FileLock held = channel.tryLock();
      if (held != null) {
        return channel;
      }
    } catch (OverlappingFileLockException e) {
      // Held by this very process: as much in use as if another held it.
    }
    channel.close();
    throw new UnavailableException(
        home + " is in use by another Sluice; stop it, or set another data.dir", null);
  }

  /** The port of the last start if it is free, otherwise any free one. */
  private static int port(Path file) throws IOException {
    OptionalInt last = portIn(file);
    if (last.isPresent()) {
      try (ServerSocket socket =
          new ServerSocket(last.getAsInt(), 1, InetAddress.getLoopbackAddress())) {
        return socket.getLocalPort();
      } catch (IOException e) {
        // Taken in the meantime: another one will do.
      }
    }
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      PrivateFiles.write(file, socket.getLocalPort() + "\n");
      return socket.getLocalPort();
    }
  }

  /** The port of the last start; empty if there was none, or the file names no port. */
  private static OptionalInt portIn(Path file) throws IOException {
    if (!Files.exists(file)) {
      return OptionalInt.empty();
    }
    try {
      int port = Integer.parseInt(Files.readString(file).strip());
      return port > 0 && port <= HIGHEST_PORT ? OptionalInt.of(port) : OptionalInt.empty();
    } catch (NumberFormatException e) {
      return OptionalInt.empty();
    }
  }

  /** The private server is not running; the message says why and what to do. */
  public static final class UnavailableException extends Exception {
    private static final long serialVersionUID = 1;

    UnavailableException(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }
}
