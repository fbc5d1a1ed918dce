package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.DoctorReport;
import dev.sluice.api.DoctorReport.Check;
import dev.sluice.api.Json;
import dev.sluice.testing.ServeFixture;
import dev.sluice.testing.SluiceProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The production jar examines itself, and its command asks it. */
@Tag("mysql")
class DoctorIT {
  @TempDir private Path directory;

  @Test
  void examinesARunningSluiceWithBothItsStores()
      throws IOException, InterruptedException, Json.MalformedException {
    ServeFixture fixture = ServeFixture.migrated(directory);
    try (SluiceProcess sluice = fixture.start()) {
      DoctorReport report = Json.read(sluice.get("admin", "/v1/doctor").body(), DoctorReport.class);
      Map<String, Check> checks =
          report.checks().stream().collect(Collectors.toMap(Check::name, check -> check));

      assertThat(Objects.requireNonNull(checks.get("options file")).seen())
          .contains("-small.options");
      assertThat(Objects.requireNonNull(checks.get("heap")).seen()).startsWith("512.0 MiB of ");
      assertThat(Objects.requireNonNull(checks.get("mysql schema")).level()).isEqualTo("ok");
      assertThat(Objects.requireNonNull(checks.get("mysql max_connections")).level())
          .isNotEqualTo("unknown");
      assertThat(Objects.requireNonNull(checks.get("questdb schema")).level()).isEqualTo("ok");
      assertThat(Objects.requireNonNull(checks.get("questdb cairo.commit.mode")).level())
          .isEqualTo("ok");
      assertThat(Objects.requireNonNull(checks.get("fdatasync")).seen()).startsWith("p50 ");
      assertThat(directory.resolve("data").resolve("doctor.tmp")).doesNotExist();
      assertAsked(sluice.url("admin").getPort(), report.verdict());
    }
  }

  private void assertAsked(int port, String verdict) {
    try (SluiceProcess doctor =
        SluiceProcess.launch(
            directory.resolve("command"), "doctor", List.of("admin.port=" + port))) {
      int exit = doctor.awaitExit(Duration.ofMinutes(2));

      assertThat(doctor.out()).startsWith("Asked the running Sluice.");
      assertThat(exit).isEqualTo(List.of("ok", "advice", "broken").indexOf(verdict));
    }
  }
}
