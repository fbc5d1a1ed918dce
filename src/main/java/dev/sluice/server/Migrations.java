package dev.sluice.server;

import dev.sluice.settings.Settings;
import java.io.PrintStream;

/**
 * Schema migrations of the stores that the settings' phase writes. Each method reports to {@code
 * out} and returns an exit code, 0 on success.
 */
public interface Migrations {
  /** Applies what is pending. */
  int migrate(Settings settings, PrintStream out);

  /** Lists every migration and its state; changes nothing. */
  int info(Settings settings, PrintStream out);

  /** Fails if a migration is pending or was changed after it ran; changes nothing. */
  int validate(Settings settings, PrintStream out);

  /** Brings the histories in line with the files; the tables are not touched. */
  int repair(Settings settings, PrintStream out);

  /** Starts a history in a store that has none. */
  int baseline(Settings settings, PrintStream out);
}
