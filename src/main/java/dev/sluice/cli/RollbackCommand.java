package dev.sluice.cli;

import dev.sluice.api.CutoverStatus;
import dev.sluice.cli.text.CommandException;
import dev.sluice.config.SettingsException;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Goes back from reading QuestDB to reading MySQL. */
@Command(
    name = "rollback",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Moves reads back from QuestDB to MySQL: phase questdb to mirror. MySQL has received every"
          + " write throughout, so nothing has to be copied. Without --execute it prints the"
          + " readiness report and what would happen."
    },
    footer = {
      "",
      "  sluice rollback                       the report; changes nothing",
      "  sluice rollback --execute --report ID --reason 'slow queries'",
      "",
      "The same as sluice cutover --to mirror, but only from questdb. Possible until retired.",
      "",
      "Exit codes: 0 ready or done; 1 not ready, refused or failed, with the failed guards, or a"
          + " phase other than questdb; 2 invalid usage."
    })
final class RollbackCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  @Mixin private final AdminOptions admin;
  @Mixin private final FlipOptions options = new FlipOptions();

  RollbackCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.admin = new AdminOptions(surroundings.environment());
  }

  @Override
  public Integer call() throws SettingsException, CommandException {
    String command = "sluice rollback" + admin.toTheSameSluice();
    options.check(command);
    AdminClient client = admin.client(surroundings.patience());
    String phase =
        AdminClient.read(client.get("/v1/cutover"), CutoverStatus.class, "the phase").phase();
    if (!phase.equals("questdb")) {
      throw new CommandException(
          "nothing to roll back: a rollback goes from questdb to mirror, and the phase is "
              + phase);
    }
    return new Flip(surroundings, admin, options, command).to(client, "mirror", Optional.empty());
  }
}
