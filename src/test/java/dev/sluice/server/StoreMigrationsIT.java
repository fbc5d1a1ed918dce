package dev.sluice.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.Sources;
import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.phase.PhaseStore;
import dev.sluice.settings.Mode;
import dev.sluice.settings.Settings;
import dev.sluice.testing.Listener;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StoreMigrationsIT {
  @TempDir Path data;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** What serve asks for must be what migrate does. */
  @Test
  void migratesTheStoresOfThePhaseInForceNotOfTheInitialOne() throws Exception {
    new PhaseStore(data).openWith(Phase.MIRROR, Instant.EPOCH, false);

    int code = migrate("mysql.url=jdbc:mysql://127.0.0.1:1/nowhere");

    assertThat(said()).contains("questdb: applied V1", "mysql schema: cannot be read");
    assertThat(code).isEqualTo(1);
  }

  @Test
  void saysThatMysqlIsMissingWhereThePhaseInForceWritesIt() throws Exception {
    new PhaseStore(data).openWith(Phase.MIRROR, Instant.EPOCH, false);

    int code = migrate("cutover.initial-phase=retired");

    assertThat(said()).contains("mysql.url is not set", "phase in force, mirror");
    assertThat(code).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"apply", "info", "validate"})
  void neverConnectsToMysqlInPhaseRetired(String action) throws Exception {
    new PhaseStore(data).openWith(Phase.MIRROR, Instant.EPOCH, false);
    Files.writeString(
        data.resolve("phase.json"),
        Files.readString(data.resolve("phase.json")).replace("mirror", "retired"));
    assertThat(migrate("mysql.url=jdbc:mysql://127.0.0.1:1/nowhere")).isZero();
    out.reset();

    try (Listener mysql = new Listener()) {
      int code = run(action, "mysql.url=jdbc:mysql://127.0.0.1:" + mysql.port() + "/legacy");

      assertThat(said())
          .contains("mysql: skipped: phase retired (kept in " + data + ") does not write it");
      assertThat(code).isZero();
      assertThat(mysql.connections()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"apply", "info", "validate"})
  void neverConnectsToQuestDbInPhaseMysql(String action) throws Exception {
    try (Listener questDb = new Listener()) {
      run(
          action,
          "mysql.url=jdbc:mysql://127.0.0.1:1/nowhere",
          "questdb.mode=remote",
          "questdb.url=http://127.0.0.1:" + questDb.port());

      assertThat(said())
          .contains("questdb: skipped: phase mysql (cutover.initial-phase of a new data.dir)");
      assertThat(questDb.connections()).isZero();
    }
  }

  private int migrate(String... assignments) throws Exception {
    return run("apply", assignments);
  }

  private int run(String action, String... assignments) throws Exception {
    List<String> all = new ArrayList<>(List.of("data.dir=" + data));
    all.addAll(List.of(assignments));
    Settings settings =
        Settings.load(
            Mode.SERVE, new Sources(Optional.empty(), data.resolve("none.yaml"), Map.of(), all));
    PrintStream to = new PrintStream(out, true);
    StoreMigrations migrations = new StoreMigrations();
    return switch (action) {
      case "info" -> migrations.info(settings, to);
      case "validate" -> migrations.validate(settings, to);
      default -> migrations.migrate(settings, to);
    };
  }

  private String said() {
    return out.toString(StandardCharsets.UTF_8);
  }
}
