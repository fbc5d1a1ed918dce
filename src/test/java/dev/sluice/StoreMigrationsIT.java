package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.Mode;
import dev.sluice.config.Settings;
import dev.sluice.config.Sources;
import dev.sluice.cutover.Phase;
import dev.sluice.cutover.PhaseStore;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreMigrationsIT {
  @TempDir Path data;

  /** What serve asks for must be what migrate does. */
  @Test
  void migratesTheStoresOfThePhaseInForceNotOfTheInitialOne() throws Exception {
    new PhaseStore(data).openWith(Phase.MIRROR, Instant.EPOCH);
    Settings initiallyMysql =
        Settings.load(
            Mode.SERVE,
            new Sources(
                Optional.empty(),
                data.resolve("none.yaml"),
                Map.of(),
                List.of("data.dir=" + data, "mysql.url=jdbc:mysql://127.0.0.1:1/nowhere")));
    ByteArrayOutputStream out = new ByteArrayOutputStream();

    int code = new StoreMigrations().migrate(initiallyMysql, new PrintStream(out, true));

    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("questdb: applied V1", "mysql schema: cannot be read");
    assertThat(code).isEqualTo(1);
  }
}
