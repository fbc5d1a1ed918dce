package dev.sluice.migration.phase;

import java.time.Instant;

/**
 * The phase as it was last set.
 *
 * @param phase in force
 * @param epoch grows by one with every change, 1 for the first
 * @param by who set it
 * @param at when, to the millisecond
 * @param reason why
 * @param report id of the readiness report it rested on; empty for the first
 * @param audit hash of the audit line written before the change; empty for the first, and for one
 *     written by hand
 * @param node whose audit file has that line, by its id; empty where a Sluice is alone
 */
public record PhaseRecord(
    Phase phase,
    long epoch,
    String by,
    Instant at,
    String reason,
    String report,
    String audit,
    String node) {

  /** Set by a Sluice that is alone. */
  public PhaseRecord(
      Phase phase, long epoch, String by, Instant at, String reason, String report, String audit) {
    this(phase, epoch, by, at, reason, report, audit, "");
  }

  /** The record that nobody decided on, but the settings. */
  public static PhaseRecord first(Phase initial, Instant now, String reason) {
    return new PhaseRecord(
        initial, 1, "configuration", Instant.ofEpochMilli(now.toEpochMilli()), reason, "", "");
  }

  /**
   * Refuses what no change of phase leads to.
   *
   * @throws IllegalArgumentException when {@code next} cannot follow this record
   */
  public void requireFollowedBy(PhaseRecord next) {
    if (next.epoch() != epoch + 1 || !phase.mayGoTo().contains(next.phase())) {
      throw new IllegalArgumentException(next + " cannot follow " + this);
    }
  }

  /** Phase and epoch, for messages. */
  public String name() {
    return phase.label() + " of epoch " + epoch;
  }
}
