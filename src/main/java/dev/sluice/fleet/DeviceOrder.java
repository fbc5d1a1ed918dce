package dev.sluice.fleet;

import java.util.Locale;

/** What a list of devices is sorted by: greatest first, except names. */
public enum DeviceOrder {
  SILENCE,
  JITTER,
  GAPS,
  LATENESS,
  LONGEST_GAP,
  NAME;

  /** Its name in a query. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
