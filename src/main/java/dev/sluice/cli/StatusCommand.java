package dev.sluice.cli;

import dev.sluice.api.Status;
import dev.sluice.cli.text.CommandException;
import dev.sluice.cli.text.StatusText;
import dev.sluice.config.SettingsException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Shows what a running Sluice is doing. */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Shows the status of a running Sluice, at admin.host and admin.port.")
final class StatusCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  @Mixin private final AdminOptions admin;

  StatusCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.admin = new AdminOptions(surroundings.environment());
  }

  @Override
  public Integer call() throws SettingsException, CommandException {
    String body = admin.client(surroundings.patience()).get("/v1/status");
    if (admin.json()) {
      surroundings.printAsItCame(body);
    } else {
      surroundings.out().print(StatusText.of(AdminClient.read(body, Status.class, "the status")));
    }
    return Cli.OK;
  }
}
