package dev.sluice.cli;

import dev.sluice.config.SettingsException;
import dev.sluice.server.Migrations;
import dev.sluice.settings.Mode;
import dev.sluice.settings.Settings;
import java.io.PrintStream;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Migrates the stores' schemas to what this version needs, or only inspects them. */
@Command(
    name = "migrate",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Migrates the stores that the current phase writes.")
final class MigrateCommand implements Callable<Integer> {
  /** A positional parameter rather than a subcommand, so that options may come before it. */
  private enum Action {
    APPLY,
    INFO,
    VALIDATE,
    REPAIR,
    BASELINE
  }

  private final Migrations migrations;
  private final PrintStream out;

  @Mixin private final SettingsOptions options;

  @Parameters(
      arity = "0..1",
      paramLabel = "ACTION",
      description = {
        "apply: run what is pending (the default).",
        "info: list migrations and their state.",
        "validate: fail if one is pending or changed.",
        "repair: remove failed migrations from the history and adopt the files' checksums; no table"
            + " is touched.",
        "baseline: start the history in a database that already has tables; apply does this by"
            + " itself."
      })
  private Action action = Action.APPLY;

  MigrateCommand(Migrations migrations, Map<String, String> environment, PrintStream out) {
    this.migrations = migrations;
    this.out = out;
    this.options = new SettingsOptions(environment);
  }

  @Override
  public Integer call() throws SettingsException {
    Settings settings = options.load(Mode.SERVE);
    return switch (action) {
      case APPLY -> migrations.migrate(settings, out);
      case INFO -> migrations.info(settings, out);
      case VALIDATE -> migrations.validate(settings, out);
      case REPAIR -> migrations.repair(settings, out);
      case BASELINE -> migrations.baseline(settings, out);
    };
  }
}
