package dev.sluice.migration.cutover;

import dev.sluice.migration.RefusedException;
import dev.sluice.migration.phase.Phase;
import jakarta.json.JsonObject;

/**
 * Phase changes as operators see them: readiness reports, flips that rest on them, and the dead
 * letters they accept. Thread-safe; one change at a time, any other is refused.
 */
public interface Cutover {
  /** The response to {@code GET /v1/cutover}. */
  JsonObject json();

  /** Makes and keeps a readiness report for going to this phase. */
  JsonObject report(Phase to) throws RefusedException;

  /** Changes the phase, resting on the report that the flip names. */
  JsonObject flip(Flip flip) throws RefusedException;

  /**
   * Accepts the current dead letters, so that they no longer block a flip.
   *
   * @return the sink and the number accepted
   */
  JsonObject explainDeadLetters(String sink, String by, String reason) throws RefusedException;

  /**
   * A phase change as an operator requests it.
   *
   * @param report id of the report it rests on
   * @param confirm name of the legacy table, needed only for {@code retired}, else empty
   */
  record Flip(Phase to, String report, String by, String reason, String confirm) {}
}
