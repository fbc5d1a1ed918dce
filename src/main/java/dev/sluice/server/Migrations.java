package dev.sluice.server;

import dev.sluice.settings.Settings;
import java.io.PrintStream;

/** Migrations of the stores that the settings' phase writes; reports to {@code out}. */
public interface Migrations {
  /** Applies what is pending. */
  int migrate(Settings settings, PrintStream out);

  /** Lists every migration and its state; changes nothing. */
  int info(Settings settings, PrintStream out);

  /** Fails when a migration is pending or was changed after it ran; changes nothing. */
  int validate(Settings settings, PrintStream out);

  /** Brings the histories in line with the files; the tables are not touched. */
  int repair(Settings settings, PrintStream out);

  /** Begins a history in a store that has none. */
  int baseline(Settings settings, PrintStream out);
}
