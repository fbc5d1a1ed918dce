package dev.sluice.server;

import dev.sluice.api.DoctorReport;
import dev.sluice.settings.Settings;

/** Examines a machine on which no Sluice answers; the wiring behind {@code doctor}. */
@FunctionalInterface
public interface Examination {
  /**
   * Examines what the settings name. Opens no store that must be opened to be asked, asks none that
   * the phase does not write, and changes nothing.
   */
  DoctorReport examine(Settings settings);
}
