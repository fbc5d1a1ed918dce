package dev.sluice.packaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.testing.Listener;
import dev.sluice.testing.TestJava;
import dev.sluice.testing.TestMysql;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code ./sluice} with the real jar, in a checkout of its own where nothing has been prepared, by
 * a user whose environment and settings file name stores: listeners here, which nobody may ask that
 * was not told to.
 */
@EnabledOnOs({OS.LINUX, OS.MAC})
class LauncherIT {
  private static final Duration LIMIT = Duration.ofMinutes(3);

  @TempDir private Path folder;
  private Path checkout;
  private Path script;
  private Listener mysql;
  private Listener questDb;
  private final Map<String, String> environment = new HashMap<>();

  @BeforeEach
  void makeCheckout() throws IOException {
    checkout = Files.createDirectories(folder.resolve("checkout"));
    script = Files.copy(Path.of("sluice"), checkout.resolve("sluice"));
    assertThat(script.toFile().setExecutable(true)).isTrue();
    Files.createDirectories(checkout.resolve("target"));
    Files.copy(Program.jar(), checkout.resolve("target/sluice.jar"));
    Files.createDirectories(checkout.resolve("jvm-options"));
    try (Stream<Path> options = Files.list(Path.of("jvm-options"))) {
      for (Path file : options.toList()) {
        Files.copy(file, checkout.resolve("jvm-options").resolve(file.getFileName()));
      }
    }
    mysql = new Listener();
    questDb = new Listener();
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    environment.put("SLUICE_JAVA_OPTIONS", String.join(" ", TestJava.options()));
    environment.put("SLUICE_JVM_OPTIONS", "small");
    environment.put("SLUICE_MYSQL_URL", "jdbc:mysql://127.0.0.1:" + mysql.port() + "/legacy");
    environment.put("SLUICE_QUESTDB_MODE", "remote");
    environment.put("SLUICE_QUESTDB_URL", "http://127.0.0.1:" + questDb.port());
    environment.put("SLUICE_DATA_DIR", folder.resolve("data").toString());
    for (String port : List.of("INGEST", "ADMIN", "QUESTDB_CONSOLE", "QUESTDB_PG")) {
      environment.put("SLUICE_" + port + "_PORT", "0");
    }
    String file =
        """
        mysql.url: jdbc:mysql://127.0.0.1:%d/legacy
        questdb.mode: remote
        questdb.url: http://127.0.0.1:%d
        """
            .formatted(mysql.port(), questDb.port());
    Files.writeString(folder.resolve("sluice.yaml"), file);
    Files.writeString(checkout.resolve("sluice.yaml"), file);
  }

  @AfterEach
  void closeListeners() throws IOException {
    mysql.close();
    questDb.close();
  }

  @Test
  @Tag("long")
  void preparesFastStartsWithoutTheStoresOfWhoeverBuilds() throws IOException {
    environment.put("SLUICE_INGEST_HOST", "0.0.0.0");
    environment.put("SLUICE_AUTH_MODE", "none");
    environment.put("SLUICE_CUTOVER_INITIAL_PHASE", "mirror");

    Program train = Program.run(folder, environment, List.of(script.toString(), "--train"));

    assertThat(train.exitCode()).as(train.toString()).isZero();
    assertThat(mysql.connections()).isZero();
    assertThat(questDb.connections()).isZero();
    try (Stream<Path> made = Files.list(checkout.resolve("target"))) {
      List<String> caches =
          made.map(path -> path.getFileName().toString())
              .filter(name -> !name.equals("sluice.jar"))
              .toList();
      if (Runtime.version().feature() < 25) {
        assertThat(caches).isEmpty();
      } else {
        assertThat(caches).hasSize(2).allMatch(name -> name.endsWith(".aot"));
      }
    }
    assertThat(folder.resolve("data")).doesNotExist();
  }

  @Test
  void asksNoMysqlInPhaseRetired() throws Exception {
    environment.put("SLUICE_CUTOVER_INITIAL_PHASE", "retired");
    environment.put("SLUICE_QUESTDB_MODE", "embedded");

    Program migrate = Program.run(folder, environment, List.of(script.toString(), "migrate"));
    serve("serve");
    serve("up");

    assertThat(migrate.exitCode()).as(migrate.toString()).isZero();
    assertThat(migrate.out()).contains("mysql: skipped");
    assertThat(mysql.connections()).isZero();
    assertThat(questDb.connections()).isZero();
  }

  @Test
  void asksNoQuestDbInPhaseMysqlAndChangesNoSchemaUnlessToldTo() throws Exception {
    TestMysql database = TestMysql.freshDatabase();
    environment.put("SLUICE_MYSQL_URL", database.url());
    environment.put("SLUICE_MYSQL_USER", database.user());
    environment.put("SLUICE_MYSQL_PASSWORD", database.password());
    String tables =
        "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '%s'"
            .formatted(database.name());

    Program early = Program.run(folder, environment, List.of(script.toString(), "serve"));
    assertThat(early.exitCode()).as(early.toString()).isEqualTo(1);
    assertThat(early.err()).contains("migrate");
    assertThat(database.query(tables)).isEqualTo("0");

    Program migrate = Program.run(folder, environment, List.of(script.toString(), "migrate"));
    serve("serve");

    assertThat(migrate.exitCode()).as(migrate.toString()).isZero();
    assertThat(migrate.out()).contains("questdb: skipped");
    assertThat(database.query(tables)).isNotEqualTo("0");
    assertThat(questDb.connections()).isZero();
    assertThat(mysql.connections()).isZero();
  }

  /** Starts it, waits until it is ready, and ends it. */
  private void serve(String command) throws IOException, InterruptedException {
    Path out = folder.resolve(command + ".out");
    ProcessBuilder builder = new ProcessBuilder(script.toString(), command);
    builder.environment().putAll(environment);
    builder.directory(folder.toFile()).redirectErrorStream(true).redirectOutput(out.toFile());
    Process process = builder.start();
    try {
      await()
          .atMost(LIMIT)
          .until(() -> !process.isAlive() || Files.readString(out).contains("Sluice is ready"));
      assertThat(process.isAlive()).as(Files.readString(out)).isTrue();
      process.destroy();
      assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
  }
}
