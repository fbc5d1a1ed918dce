package dev.sluice.cli;

import dev.sluice.config.Mode;
import dev.sluice.config.SettingsException;
import java.io.PrintStream;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Shows what a running Sluice is doing. */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Asks a running Sluice, at admin.host and admin.port, how it is.")
final class StatusCommand implements Callable<Integer> {
  private final Map<String, String> environment;
  private final PrintStream out;

  @Mixin private final SettingsOptions options;

  @Option(names = "--json", description = "The answer as it came.")
  private boolean json;

  @Option(
      names = "--token",
      paramLabel = "TOKEN",
      description = "For a Sluice with tokens; better SLUICE_TOKEN, which no process list shows.")
  private Optional<String> token = Optional.empty();

  StatusCommand(Map<String, String> environment, PrintStream out) {
    this.environment = environment;
    this.out = out;
    this.options = new SettingsOptions(environment);
  }

  @Override
  public Integer call() throws SettingsException, CommandException {
    Optional<String> bearer =
        token
            .or(() -> Optional.ofNullable(environment.get("SLUICE_TOKEN")))
            .filter(text -> !text.isEmpty());
    String body = new AdminClient(options.load(Mode.CLIENT).admin(), bearer).get("/v1/status");
    out.print(json ? body.strip() + System.lineSeparator() : StatusReport.of(body));
    return Cli.OK;
  }
}
