package dev.sluice.cli;

import dev.sluice.config.SettingsException;
import dev.sluice.settings.Mode;
import dev.sluice.settings.Settings;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of every command that talks to a running Sluice. */
final class AdminOptions {
  private final Map<String, String> environment;

  @Mixin private final SettingsOptions settings;

  @Option(names = "--json", description = "Print the JSON answer unchanged.")
  private boolean json;

  @Option(
      names = "--token",
      paramLabel = "TOKEN",
      description =
          "Token, if Sluice requires one. Prefer SLUICE_TOKEN: it does not show up in process"
              + " lists.")
  private Optional<String> token = Optional.empty();

  AdminOptions(Map<String, String> environment) {
    this.environment = environment;
    this.settings = new SettingsOptions(environment);
  }

  AdminClient client(Patience patience) throws SettingsException {
    Optional<String> bearer =
        token
            .or(() -> Optional.ofNullable(environment.get("SLUICE_TOKEN")))
            .filter(text -> !text.isEmpty());
    return new AdminClient(settings.load(Mode.CLIENT).admin(), bearer, patience);
  }

  /** The settings of this machine, for a command that can do without a running Sluice. */
  Settings settings() throws SettingsException {
    return settings.load(Mode.CLIENT);
  }

  boolean json() {
    return json;
  }

  /** See {@link SettingsOptions#toTheSameSluice()}. */
  String toTheSameSluice() {
    return settings.toTheSameSluice();
  }
}
