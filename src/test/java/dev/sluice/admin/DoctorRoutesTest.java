package dev.sluice.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.DoctorReport;
import dev.sluice.api.Json;
import dev.sluice.config.SettingsException;
import dev.sluice.config.Sources;
import dev.sluice.doctor.Doctor;
import dev.sluice.http.auth.TokenAuth;
import dev.sluice.settings.Mode;
import dev.sluice.settings.Settings;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorRoutesTest {
  @TempDir private Path folder;

  @Test
  void answersWhatThisProcessFinds() throws SettingsException, Json.MalformedException {
    Settings settings =
        Settings.load(
            Mode.UP,
            new Sources(
                Optional.empty(),
                folder.resolve("none.yaml"),
                Map.of(),
                List.of("data.dir=" + folder, "ingest.backlog=64")));
    Doctor doctor = Doctor.ofServer(settings.doctor(), InstantSource.system(), List::of);
    try (AdminPort port = new AdminPort(new DoctorRoutes(doctor, TokenAuth.everybody()))) {
      var answer = port.get("/v1/doctor");

      assertThat(answer.status()).isEqualTo(200);
      DoctorReport report = Json.read(answer.body(), DoctorReport.class);
      assertThat(report.verdict()).isIn("ok", "advice", "broken");
      assertThat(report.checks())
          .filteredOn(check -> check.name().equals("fdatasync"))
          .singleElement()
          .satisfies(check -> assertThat(check.seen()).startsWith("p50 "));
    }
  }
}
