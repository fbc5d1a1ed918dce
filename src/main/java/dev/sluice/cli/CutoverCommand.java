package dev.sluice.cli;

import dev.sluice.api.CutoverStatus;
import dev.sluice.api.ExplainedResult;
import dev.sluice.api.Status;
import dev.sluice.cli.text.CommandException;
import dev.sluice.cli.text.CutoverText;
import dev.sluice.cli.text.Human;
import dev.sluice.cli.text.Sheet;
import dev.sluice.config.SettingsException;
import dev.sluice.migration.phase.Phase;
import jakarta.json.Json;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Shows the phase, reports whether it can change, and changes it. */
@Command(
    name = "cutover",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Moves a running Sluice from phase to phase. Without --to it shows the phase; with --to it"
          + " prints the readiness report for that phase and what would happen; only with"
          + " --execute and the id of such a report does it change the phase."
    },
    footer = {
      "",
      "Phases: mysql -> mirror -> questdb -> retired, and back from mirror and questdb.",
      "",
      "  sluice cutover                        the phase, and where it may go",
      "  sluice cutover --to questdb           the report; changes nothing",
      "  sluice cutover --to questdb --execute --report ID --reason 'lag is down'",
      "  sluice cutover --to retired --execute --report ID --confirm sensor_data",
      "  sluice cutover --explain-dead-letters questdb --reason 'probes' --execute",
      "",
      "Ingest never stops. Reads are held for a moment; if the store to be read next does not"
          + " catch up within cutover.timeout, every step is rolled back and the reason is given.",
      "",
      "Exit codes: 0 shown, ready or done; 1 not ready, refused or failed, with the failed guards;"
          + " 2 invalid usage."
    })
final class CutoverCommand implements Callable<Integer> {
  private static final String PATH = "/v1/cutover";

  private final Surroundings surroundings;

  @Mixin private final AdminOptions admin;
  @Mixin private final FlipOptions options = new FlipOptions();

  @Option(names = "--to", paramLabel = "PHASE", description = "mysql, mirror, questdb or retired.")
  private Optional<Phase> to = Optional.empty();

  @Option(
      names = "--confirm",
      paramLabel = "TABLE",
      description = "Name of the legacy table, required to go to retired: there is no way back.")
  private Optional<String> confirm = Optional.empty();

  @Option(
      names = "--explain-dead-letters",
      paramLabel = "SINK",
      description = {
        "Accept the current dead letters of mysql or questdb, with --reason and --execute: they"
            + " then no longer fail the guard. They stay in their file."
      })
  private Optional<String> explained = Optional.empty();

  CutoverCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.admin = new AdminOptions(surroundings.environment());
  }

  @Override
  public Integer call() throws SettingsException, CommandException {
    if (explained.isPresent()) {
      return explain(explained.orElseThrow());
    }
    if (to.isEmpty()) {
      return show();
    }
    Phase phase = to.orElseThrow();
    String command = "sluice cutover --to " + phase.label() + admin.toTheSameSluice();
    options.check(command);
    if (options.execute() && phase == Phase.RETIRED && confirm.isEmpty()) {
      throw new UsageException(
          "--to retired --execute needs --confirm TABLE, the name of the legacy table: there is no"
              + " way back");
    }
    return new Flip(surroundings, admin, options, command)
        .to(admin.client(surroundings.patience()), phase.label(), confirm);
  }

  private int show() throws SettingsException, CommandException {
    if (options.execute()) {
      throw new UsageException("--execute needs --to PHASE");
    }
    String body = admin.client(surroundings.patience()).get(PATH);
    if (admin.json()) {
      surroundings.printAsItCame(body);
    } else {
      CutoverStatus status = AdminClient.read(body, CutoverStatus.class, "the phase");
      surroundings.out().print(CutoverText.of(status));
    }
    return Cli.OK;
  }

  private int explain(String sink) throws SettingsException, CommandException {
    if (to.isPresent()) {
      throw new UsageException(
          "--explain-dead-letters and --to are separate steps: run one after the other");
    }
    AdminClient client = admin.client(surroundings.patience());
    String reason =
        options
            .reason()
            .orElseThrow(
                () -> new UsageException("--explain-dead-letters needs --reason TEXT: why"));
    if (!options.execute()) {
      return wouldExplain(client, sink, reason);
    }
    String body =
        client.post(
            PATH,
            Json.createObjectBuilder()
                .add("explain_dead_letters", sink)
                .add("by", options.by())
                .add("reason", reason)
                .build());
    if (admin.json()) {
      surroundings.printAsItCame(body);
    } else {
      long count = AdminClient.read(body, ExplainedResult.class, "the dead letters").deadLetters();
      surroundings
          .out()
          .println(
              "Accepted: %s of %s. Later ones are not covered."
                  .formatted(Human.counted(count, "dead letter"), sink));
    }
    return Cli.OK;
  }

  private int wouldExplain(AdminClient client, String sink, String reason) throws CommandException {
    Status status = AdminClient.read(client.get("/v1/status"), Status.class, "the status");
    Status.Sink its = status.sinks().getOrDefault(sink, Status.Sink.OFF);
    surroundings
        .out()
        .print(
            new Sheet(0)
                .plain(
                    "%s has %s. Nothing was changed. To accept them:"
                        .formatted(
                            sink,
                            Human.counted(
                                Objects.requireNonNullElse(its.deadLetters(), 0L), "dead letter")))
                .plain(
                    "  sluice cutover --explain-dead-letters %s --reason %s --execute%s"
                        .formatted(
                            Human.quoted(sink), Human.quoted(reason), admin.toTheSameSluice())));
    return Cli.OK;
  }
}
