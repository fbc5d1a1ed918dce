package dev.sluice.cli;

import dev.sluice.api.FlipResult;
import dev.sluice.api.Problem;
import dev.sluice.api.ReadinessReport;
import dev.sluice.cli.text.CommandException;
import dev.sluice.cli.text.CutoverText;
import dev.sluice.cli.text.ReadinessText;
import java.util.Optional;

/**
 * Requests a readiness report or a change of phase, and shows the answer. Confined to one thread.
 *
 * @param command the command that makes the report, as it was typed
 */
record Flip(Surroundings surroundings, AdminOptions admin, FlipOptions options, String command) {
  private static final String PATH = "/v1/cutover";

  /** Returns the exit code: 0 if ready or done. */
  int to(AdminClient client, String phase, Optional<String> confirm) throws CommandException {
    try {
      String body = client.post(PATH, options.body(phase, confirm));
      return options.execute() ? flipped(body) : report(body, phase);
    } catch (RefusalException refusal) {
      ReadinessReport report =
          AdminClient.read(refusal.body(), Problem.class, "the refusal").report();
      print(refusal.body(), report == null ? "" : ReadinessText.failedGuards(report));
      throw refusal;
    }
  }

  private int flipped(String body) throws CommandException {
    print(body, CutoverText.flipped(AdminClient.read(body, FlipResult.class, "the new phase")));
    return Cli.OK;
  }

  private int report(String body, String phase) throws CommandException {
    ReadinessReport report = AdminClient.read(body, ReadinessReport.class, "the readiness");
    print(body, text(report, phase));
    return report.ready() ? Cli.OK : Cli.FAILED;
  }

  private String text(ReadinessReport report, String phase) {
    String next = options.again(command, report.id());
    String confirmed = phase.equals("retired") ? next + " --confirm TABLE" : next;
    String text = ReadinessText.of(report, confirmed);
    return phase.equals("retired") && report.ready()
        ? text
            + "  (TABLE is the name of the legacy table, typed out: there is no way back)"
            + System.lineSeparator()
        : text;
  }

  private void print(String body, String forPeople) {
    if (admin.json()) {
      surroundings.printAsItCame(body);
    } else {
      surroundings.out().print(forPeople);
    }
  }
}
