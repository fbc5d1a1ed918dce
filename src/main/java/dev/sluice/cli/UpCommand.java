package dev.sluice.cli;

import dev.sluice.config.SettingsException;
import dev.sluice.server.Launcher;
import dev.sluice.settings.Mode;
import java.io.PrintStream;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Runs everything on this machine, with nothing to install. */
@Command(
    name = "up",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Runs Sluice with everything embedded: QuestDB in this process and, when no mysql.url is set,"
          + " a private MySQL-compatible server. Data goes to data.dir (./data).",
      "All settings: sluice serve --help"
    })
final class UpCommand implements Callable<Integer> {
  private final Launcher launcher;
  private final PrintStream out;

  @Mixin private final SettingsOptions options;

  UpCommand(Launcher launcher, Map<String, String> environment, PrintStream out) {
    this.launcher = launcher;
    this.out = out;
    this.options = new SettingsOptions(environment);
  }

  @Override
  public Integer call() throws SettingsException {
    return launcher.run(options.load(Mode.UP), Mode.UP, out);
  }
}
