package dev.sluice.cli;

import dev.sluice.config.SettingsException;
import dev.sluice.server.Launcher;
import dev.sluice.settings.Keys;
import dev.sluice.settings.Mode;
import java.io.PrintStream;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Runs Sluice in production. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Runs Sluice in production. Refuses to start on unknown settings and on pending migrations"
          + " (see sluice migrate)."
    })
final class ServeCommand implements Callable<Integer> {
  private final Launcher launcher;
  private final PrintStream out;

  @Mixin private final SettingsOptions options;

  ServeCommand(Launcher launcher, Map<String, String> environment, PrintStream out) {
    this.launcher = launcher;
    this.out = out;
    this.options = new SettingsOptions(environment);
  }

  /** Adds the reference of all settings below the options. */
  @Spec
  void describeSettings(CommandSpec spec) {
    String text =
        """

        Settings, with their defaults. In order of increasing precedence: defaults, the file, the
        environment (journal.max-bytes is SLUICE_JOURNAL_MAX_BYTES), --set.

        """
            + Keys.reference();
    // picocli treats a footer as a format string, in which a percent sign starts a conversion.
    spec.usageMessage().footer(text.replace("%", "%%").split("\\R", -1));
  }

  @Override
  public Integer call() throws SettingsException {
    return launcher.run(options.load(Mode.SERVE), Mode.SERVE, out);
  }
}
