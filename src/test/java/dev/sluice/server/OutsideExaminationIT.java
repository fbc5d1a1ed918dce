package dev.sluice.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.DoctorReport;
import dev.sluice.api.DoctorReport.Check;
import dev.sluice.config.SettingsException;
import dev.sluice.config.Sources;
import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.phase.PhaseStore;
import dev.sluice.settings.Mode;
import dev.sluice.settings.Settings;
import dev.sluice.testing.TestMysql;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Examinations without a running Sluice: what they ask, and what they leave alone. */
@Tag("mysql")
class OutsideExaminationIT {
  private static final String TABLES =
      "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()";

  @TempDir private Path folder;

  @Test
  void asksMysqlInPhaseMysqlAndChangesNothingThere() throws Exception {
    TestMysql mysql = TestMysql.freshDatabase();
    try (ServerSocket questDb = listener()) {
      Map<String, Check> checks =
          examine(
              settings(
                  "cutover.initial-phase=mysql",
                  "mysql.url=" + mysql.url(),
                  "mysql.user=" + mysql.user(),
                  "mysql.password=" + mysql.password(),
                  "questdb.mode=remote",
                  "questdb.url=http://127.0.0.1:" + questDb.getLocalPort()));

      assertThat(Objects.requireNonNull(checks.get("mysql version")).level()).isEqualTo("ok");
      assertThat(Objects.requireNonNull(checks.get("mysql schema")).level()).isEqualTo("broken");
      assertThat(checks.get("mysql schema").mend()).isEqualTo("./sluice migrate");
      assertThat(mysql.query(TABLES)).isEqualTo("0");
      assertThat(checks.keySet()).noneMatch(name -> name.startsWith("questdb"));
      assertNobodyCame(questDb);
    }
    assertThat(folder.resolve("data")).doesNotExist();
  }

  /** The phase that is kept decides, not the one in the settings. */
  @Test
  void leavesMysqlAloneInPhaseRetired() throws Exception {
    Path data = Files.createDirectories(folder.resolve("data"));
    new PhaseStore(data).openWith(Phase.RETIRED, Instant.EPOCH, false);
    try (ServerSocket mysql = listener()) {
      Map<String, Check> checks =
          examine(
              settings(
                  "cutover.initial-phase=mirror",
                  "mysql.url=jdbc:mysql://127.0.0.1:" + mysql.getLocalPort() + "/x"));

      assertThat(checks.keySet()).noneMatch(name -> name.startsWith("mysql"));
      assertThat(Objects.requireNonNull(checks.get("questdb engine")).level()).isEqualTo("unknown");
      assertNobodyCame(mysql);
    }
    assertThat(data.resolve("questdb")).doesNotExist();
  }

  @Test
  void saysThatAServerIsAway() throws Exception {
    Map<String, Check> checks =
        examine(
            settings(
                "cutover.initial-phase=mirror",
                "mysql.url=jdbc:mysql://127.0.0.1:1/x",
                "questdb.mode=remote",
                "questdb.url=http://127.0.0.1:1"));

    assertThat(Objects.requireNonNull(checks.get("mysql")).level()).isEqualTo("broken");
    assertThat(checks.get("mysql").seen()).startsWith("MySQL does not answer");
    assertThat(Objects.requireNonNull(checks.get("questdb")).level()).isEqualTo("broken");
    assertThat(checks.get("questdb").seen()).contains("does not answer");
    assertThat(Objects.requireNonNull(checks.get("mysql schema")).level()).isEqualTo("unknown");
  }

  @Test
  void saysThatThePhaseIsLost() throws Exception {
    Files.createDirectories(folder.resolve("data").resolve("dead-letters"));
    Files.writeString(folder.resolve("data").resolve("dead-letters").resolve("mysql.ndjson"), "x");

    Map<String, Check> checks = examine(settings());

    assertThat(Objects.requireNonNull(checks.get("phase")).level()).isEqualTo("broken");
    assertThat(checks.get("phase").seen()).contains("phase.json");
  }

  private static Map<String, Check> examine(Settings settings) {
    DoctorReport report = new OutsideExamination().examine(settings);
    return report.checks().stream().collect(Collectors.toMap(Check::name, check -> check));
  }

  private Settings settings(String... some) throws SettingsException {
    List<String> all = new ArrayList<>(List.of(some));
    all.add("data.dir=" + folder.resolve("data"));
    return Settings.load(
        Mode.CLIENT, new Sources(Optional.empty(), folder.resolve("none.yaml"), Map.of(), all));
  }

  private static ServerSocket listener() throws IOException {
    return new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  }

  /** A connection would be waiting to be accepted. */
  private static void assertNobodyCame(ServerSocket listener) throws IOException {
    listener.setSoTimeout(1);
    org.assertj.core.api.Assertions.assertThatThrownBy(listener::accept)
        .isInstanceOf(SocketTimeoutException.class);
  }
}
