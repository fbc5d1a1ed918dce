package dev.sluice.server;

import dev.sluice.settings.Mode;
import dev.sluice.settings.Settings;
import java.io.PrintStream;

/** Runs Sluice until it is stopped; the wiring behind {@code up} and {@code serve}. */
@FunctionalInterface
public interface Launcher {
  /**
   * Runs the process; prints exactly one ready line to {@code out}, once every port answers.
   *
   * @param mode {@link Mode#UP} or {@link Mode#SERVE}
   * @return exit code of the process
   */
  int run(Settings settings, Mode mode, PrintStream out);
}
