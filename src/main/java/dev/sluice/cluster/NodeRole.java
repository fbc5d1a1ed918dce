package dev.sluice.cluster;

import java.util.Locale;

/** What a node does. */
public enum NodeRole {
  /** Takes readings in. */
  INGEST,
  /** Delivers them to the stores, while it leads, and reads from the stores. */
  DELIVERY;

  /** As settings, answers and metrics spell it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
