package dev.sluice.ingest.udp;

import java.util.Locale;

/** Why nothing was kept of a datagram that was received. */
public enum Refusal {
  /** It is longer than {@code ingest.max-body-bytes}, and was cut off. */
  TRUNCATED,
  /** None of its readings can be read. */
  MALFORMED,
  /** {@code udp.allow} does not name its sender's network. */
  NOT_ALLOWED,
  /** Its sender is over a limit of its own. */
  OVER_LIMIT,
  /** Its readings take too much memory, or are of more new days than may ever come at once. */
  TOO_LARGE,
  /** Its readings are of days that have none yet, and too many of those came already. */
  NEW_DAYS,
  /** Sluice stopped while there was no room, or failed. */
  NOT_KEPT;

  /** The word in metrics. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
