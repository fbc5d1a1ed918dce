package dev.sluice.cli;

import dev.sluice.cli.text.Human;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Options of the commands that change the phase. */
final class FlipOptions {
  @Option(
      names = "--execute",
      description = "Make the change. Without this option nothing changes.")
  private boolean execute;

  @Option(
      names = "--report",
      paramLabel = "ID",
      description = "The readiness report that justifies the change; required with --execute.")
  private Optional<String> report = Optional.empty();

  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      description = "Why; recorded with the phase, for whoever reads it later.")
  private Optional<String> reason = Optional.empty();

  @Option(
      names = "--by",
      paramLabel = "NAME",
      description = "Who; recorded with the phase. Default: the current user.")
  private Optional<String> by = Optional.empty();

  boolean execute() {
    return execute;
  }

  Optional<String> reason() {
    return reason.filter(text -> !text.isBlank());
  }

  String by() {
    return by.filter(text -> !text.isBlank())
        .orElseGet(() -> System.getProperty("user.name", "unknown"));
  }

  /**
   * Refuses combinations that would not do what they seem to.
   *
   * @param dryRun the command that makes a report, for the message
   */
  void check(String dryRun) throws UsageException {
    if (execute && report.isEmpty()) {
      throw new UsageException(
          "--execute needs a readiness report, --report ID; this prints one, with its id: "
              + dryRun);
    }
    if (!execute && report.isPresent()) {
      throw new UsageException(
          "--report changes nothing by itself: add --execute, or leave it out for a new report");
    }
  }

  /** The request body for a change to this phase. */
  JsonObject body(String to, Optional<String> confirm) {
    JsonObjectBuilder body = Json.createObjectBuilder().add("to", to);
    if (!execute) {
      return body.build();
    }
    body.add("execute", true).add("report", report.orElseThrow()).add("by", by());
    reason().ifPresent(text -> body.add("reason", text));
    confirm.ifPresent(text -> body.add("confirm", text));
    return body.build();
  }

  /** The same command with {@code --execute}, based on that report. */
  String again(String command, String reportId) {
    String why = reason().map(text -> " --reason " + Human.quoted(text)).orElse("");
    String who = by.map(text -> " --by " + Human.quoted(text)).orElse("");
    return command + " --execute --report " + Human.quoted(reportId) + why + who;
  }
}
