package dev.sluice.cli;

import dev.sluice.cli.text.Human;
import dev.sluice.config.SettingsException;
import dev.sluice.config.Sources;
import dev.sluice.settings.Mode;
import dev.sluice.settings.Settings;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Options of every command that needs settings. */
final class SettingsOptions {
  private static final Path DEFAULT_FILE = Path.of("sluice.yaml");

  private final Map<String, String> environment;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Settings file; default: sluice.yaml, if the current folder has one.")
  private Optional<Path> file = Optional.empty();

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "One setting; overrides file and environment; repeatable.")
  private List<String> assignments = List.of();

  SettingsOptions(Map<String, String> environment) {
    this.environment = environment;
  }

  Settings load(Mode mode) throws SettingsException {
    return Settings.load(mode, new Sources(file, DEFAULT_FILE, environment, assignments));
  }

  /**
   * The options that reach this Sluice again, to be typed with the next command; secrets are left
   * out.
   */
  String toTheSameSluice() {
    StringBuilder words = new StringBuilder();
    file.ifPresent(path -> words.append(" --config ").append(Human.quoted(path.toString())));
    for (String assignment : assignments) {
      if (assignment.startsWith("admin.")) {
        words.append(" --set ").append(Human.quoted(assignment));
      }
    }
    return words.toString();
  }
}
