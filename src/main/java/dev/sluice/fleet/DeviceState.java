package dev.sluice.fleet;

import java.util.Locale;

/** How a device is doing. */
public enum DeviceState {
  LIVE,
  /** Overdue, not yet silent. */
  LATE,
  SILENT,
  /** Too few intervals seen to judge. */
  LEARNING,
  /** No longer watched until it is heard again. */
  RETIRED;

  /** Its name in answers and metrics. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
