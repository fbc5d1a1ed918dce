package dev.sluice.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.mysql.MySQLContainer;

/**
 * The server behind {@link TestMysql}: started at most once in a test JVM, stopped when that ends.
 *
 * @param base {@code jdbc:mysql://host:port/}
 * @param user one who may do anything
 */
record TestMysqlServer(String base, String user, String password) {
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
    List<String> urls = List.of(url.strip().split(" +"));
    int fork = Integer.getInteger("sluice.test.fork", 1);
    if (fork > urls.size()) {
      throw new AssertionError(
          ("SLUICE_TEST_MYSQL_URL names %d servers, and this is test JVM %d, which needs its own:"
                  + " run with -Dtest.forks=%d")
              .formatted(urls.size(), fork, urls.size()));
    }
    String own = urls.get(fork - 1);
    return Optional.of(
        new TestMysqlServer(own.substring(0, own.lastIndexOf('/') + 1), user, password));
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
    String password = "secret-" + ProcessHandle.current().pid();
    try {
      TestMariaDb db = TestMariaDb.start(password);
      return new TestMysqlServer("jdbc:mysql://127.0.0.1:" + db.port() + "/", "sluice", password);
    } catch (IOException e) {
      throw new UncheckedIOException("MariaDB did not start", e);
    }
  }

  private String version() {
    try (Connection connection = DriverManager.getConnection(base, user, password)) {
      return connection.getMetaData().getDatabaseProductVersion();
    } catch (SQLException e) {
      throw new AssertionError("the MySQL server for tests does not answer at " + base, e);
    }
  }
}
