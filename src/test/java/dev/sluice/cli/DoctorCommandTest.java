package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.DoctorReport;
import dev.sluice.api.DoctorReport.Check;
import dev.sluice.api.Json;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DoctorCommandTest {
  private static final Check BACKLOG =
      new Check(
          "kernel",
          "net.core.somaxconn",
          "advice",
          "4096",
          "at least 65535",
          "sensors retry",
          "sudo sysctl -w net.core.somaxconn=65535");
  private static final Check FILES =
      new Check("kernel", "open files", "broken", "10", "at least 20", "it ends", "ulimit -n 20");
  private static final Check CLOCK =
      new Check("clock", "synchronised", "unknown", "hidden", "chrony", "time", null);
  private static final Check HOST =
      new Check("doors", "admin.host", "ok", "127.0.0.1", "loopback", "flips", null);

  private CannedAdmin admin;
  private CommandRun command;

  @BeforeEach
  void serve() throws IOException {
    admin = new CannedAdmin();
    command = new CommandRun(admin.port());
  }

  @AfterEach
  void close() {
    admin.close();
  }

  @Test
  void showsWhatARunningSluiceFinds() {
    admin.on("GET /v1/doctor", 200, json("broken", BACKLOG, FILES, CLOCK, HOST));

    assertThat(command.run("doctor")).isEqualTo(2);

    assertThat(command.out())
        .isEqualToNormalizingNewlines(
            """
            Asked the running Sluice.

            advice    kernel: net.core.somaxconn: 4096
                      wanted: at least 65535
                      why: sensors retry
                      mend: sudo sysctl -w net.core.somaxconn=65535
            broken    kernel: open files: 10
                      wanted: at least 20
                      why: it ends
                      mend: ulimit -n 20
            unknown   clock: synchronised: hidden
            ok        doors: admin.host: 127.0.0.1

            4 checks: 1 broken, 1 advice, 1 unknown, 1 ok
            docker/sysctl/99-sluice.conf sets net.core.somaxconn:
              sudo cp docker/sysctl/99-sluice.conf /etc/sysctl.d/ && sudo sysctl --system
            """);
    assertThat(command.err()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"ok, 0", "advice, 1", "broken, 2"})
  void exitsAsTheVerdictSays(String verdict, int code) {
    admin.on("GET /v1/doctor", 200, json(verdict, HOST));

    assertThat(command.run("doctor")).isEqualTo(code);
  }

  @Test
  void printsJson() {
    String answer = json("advice", BACKLOG, HOST);
    admin.on("GET /v1/doctor", 200, answer);

    assertThat(command.run("doctor", "--json")).isEqualTo(1);
    assertThat(command.out()).isEqualToNormalizingNewlines(answer + "\n");
  }

  /** An older Sluice, one that asks for a token, and something else altogether. */
  @ParameterizedTest
  @CsvSource({"404, {}", "401, {}", "503, {}", "200, <html>", "200, {}"})
  void looksItselfWhereNoSluiceTells(int status, String body) {
    admin.on("GET /v1/doctor", status, body);
    command.examination = settings -> new DoctorReport("advice", List.of(BACKLOG));

    assertThat(command.run("doctor")).isEqualTo(1);

    assertThat(command.out())
        .startsWith("Checked without a running Sluice: ")
        .contains("net.core.somaxconn: 4096");
  }

  @Test
  void examinesWithTheSettingsItWasGiven() {
    admin.close();
    command.examination =
        settings ->
            new DoctorReport(settings.ingest().backlog() == 99 ? "ok" : "broken", List.of(HOST));

    assertThat(command.run("doctor", "--set", "ingest.backlog=99")).isZero();
  }

  private static String json(String verdict, Check... checks) {
    return Json.write(new DoctorReport(verdict, List.of(checks)));
  }
}
