package dev.sluice.cli;

import dev.sluice.api.DoctorReport;
import dev.sluice.api.Json;
import dev.sluice.cli.text.CommandException;
import dev.sluice.cli.text.DoctorSheet;
import dev.sluice.config.SettingsException;
import dev.sluice.server.Examination;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * Shows what would make the next gap. A running Sluice is asked, because it knows its JVM, its
 * limits and its stores; where none answers, this process looks itself.
 */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Checks kernel, JVM, disk, clock, stores and ports, and says what to change and how.",
      "Asks a running Sluice at admin.host and admin.port; if none answers, checks what can be seen"
          + " without one."
    },
    footer = {"", "Exit codes: 0 nothing to mend, 1 advice, 2 something is or will be broken."})
final class DoctorCommand implements Callable<Integer> {
  private static final int ADVICE = 1;
  private static final int BROKEN = 2;

  private final Examination examination;
  private final Surroundings surroundings;

  @Mixin private final AdminOptions admin;

  DoctorCommand(Examination examination, Surroundings surroundings) {
    this.examination = examination;
    this.surroundings = surroundings;
    this.admin = new AdminOptions(surroundings.environment());
  }

  @Override
  public Integer call() throws SettingsException {
    try {
      String body = admin.client(surroundings.patience()).get("/v1/doctor");
      DoctorReport report = Json.read(body, DoctorReport.class);
      return show(report, "Asked the running Sluice.");
    } catch (CommandException | Json.MalformedException e) {
      return show(
          examination.examine(admin.settings()),
          "Checked without a running Sluice: " + e.getMessage());
    }
  }

  private int show(DoctorReport report, String origin) {
    if (admin.json()) {
      surroundings.printAsItCame(Json.write(report));
    } else {
      surroundings.out().print(DoctorSheet.of(report, origin));
    }
    return switch (report.verdict()) {
      case "ok" -> Cli.OK;
      case "advice" -> ADVICE;
      default -> BROKEN;
    };
  }
}
