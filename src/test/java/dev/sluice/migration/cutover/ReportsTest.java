package dev.sluice.migration.cutover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.Json;
import dev.sluice.api.ReadinessReport;
import dev.sluice.migration.cutover.Guard.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportsTest {
  private static final Instant NOW = Instant.parse("2026-11-22T03:18:49.007Z");

  @TempDir Path directory;

  @Test
  void givesBackWhatItKept() throws IOException {
    Reports reports = new Reports(directory.resolve("new"));
    ReadinessReport report = report(NOW);

    reports.keep(report);

    assertThat(reports.find(report.id())).contains(report);
    assertThat(report.id()).matches("20261122T031849\\.007Z-[0-9a-f]{4}");
  }

  @Test
  void hashesEverythingButTheHash() {
    ReadinessReport report = report(NOW);

    assertThat(report.hash()).matches("[0-9a-f]{64}");
    assertThat(report.hashed()).isEqualTo(report);
    assertThat(report(NOW.plusMillis(1)).hash()).isNotEqualTo(report.hash());
    assertThat(Json.write(report)).endsWith(",\"hash\":\"" + report.hash() + "\"}");
  }

  @Test
  void keepsTheNewestHundred() throws IOException {
    Reports reports = new Reports(directory);
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 130; i++) {
      ReadinessReport report = report(NOW.plusSeconds(i));
      reports.keep(report);
      ids.add(report.id());
    }
    Collections.reverse(ids);

    assertThat(reports.newest(1_000)).isEqualTo(ids.subList(0, 100));
    assertThat(reports.newest(10)).isEqualTo(ids.subList(0, 10));
    assertThat(directory.toFile().list()).hasSize(100);
  }

  @Test
  void keepsANewReportEvenWhenTheClockWasSetBack() throws IOException {
    Reports reports = new Reports(directory);
    for (int i = 0; i < 100; i++) {
      reports.keep(report(NOW.plusSeconds(i)));
    }
    ReadinessReport late = report(NOW.minusSeconds(3_600));

    reports.keep(late);

    assertThat(reports.find(late.id())).contains(late);
  }

  @Test
  void takesNoOtherFileForAReport() throws IOException {
    ReadinessReport report = report(NOW);
    Reports reports = new Reports(directory);
    reports.keep(report);
    Path renamed = directory.resolve("20261122T031849.007Z-zzzz.json");
    Files.copy(directory.resolve(report.id() + ".json"), renamed);
    Path again = directory.resolve("20261123T031849.007Z-0000.json");
    Files.copy(renamed, again);

    assertThat(reports.newest(10)).hasSize(2);
    assertThat(reports.find("20261122T031849.007Z-zzzz")).isEmpty();
    assertThatThrownBy(() -> reports.find("20261123T031849.007Z-0000"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("has been altered");
  }

  private static ReadinessReport report(Instant at) {
    return new ReadinessReport(
            Reports.newId(at),
            at,
            7,
            "mirror",
            "questdb",
            false,
            List.of(
                Guard.passed(Kind.DISK, "\"a\" – ü", "at least 2").shown(),
                Guard.failed(Kind.WAY_BACK, "not read back", "read back", "MySQL is away").shown()),
            List.of("keep phase questdb"),
            null)
        .hashed();
  }
}
