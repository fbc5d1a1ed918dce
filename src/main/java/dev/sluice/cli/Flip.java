package dev.sluice.cli;

import dev.sluice.cli.text.Answer;
import dev.sluice.cli.text.CommandException;
import dev.sluice.cli.text.CutoverState;
import dev.sluice.cli.text.ReadinessReport;
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
      Answer answer = Answer.of(body, "the readiness");
      print(body, options.execute() ? CutoverState.flipped(answer) : report(answer, phase));
      return options.execute() || answer.is("ready") ? Cli.OK : Cli.FAILED;
    } catch (RefusalException refusal) {
      Answer answer = Answer.of(refusal.body(), "the refusal");
      print(refusal.body(), answer.object("report").map(ReadinessReport::failedGuards).orElse(""));
      throw refusal;
    }
  }

  private String report(Answer report, String phase) {
    String next = options.again(command, report.text("id", "ID"));
    String confirmed = phase.equals("retired") ? next + " --confirm TABLE" : next;
    String text = ReadinessReport.of(report, confirmed);
    return phase.equals("retired") && report.is("ready")
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
