package dev.sluice.migration.cutover;

import dev.sluice.migration.RefusedException;
import dev.sluice.migration.phase.Phase;
import jakarta.json.JsonObject;

/**
 * The change of phase as operators see it: reports of readiness, flips that rest on them, and the
 * dead letters they accept. Thread-safe; changes one at a time, the others are refused.
 */
public interface Cutover {
  /** What {@code GET /v1/cutover} answers. */
  JsonObject json();

  /** The readiness report for going to this phase; kept. */
  JsonObject report(Phase to) throws RefusedException;

  /** Goes to this phase, resting on that report. */
  JsonObject flip(Flip flip) throws RefusedException;

  /**
   * Accepts the dead letters there are, so that they no longer hold a flip up.
   *
   * @return the sink and how many they are
   */
  JsonObject explainDeadLetters(String sink, String by, String reason) throws RefusedException;

  /**
   * A phase change as an operator asks for it.
   *
   * @param report id of the report it rests on
   * @param confirm name of the legacy table, needed for {@code retired} only, else empty
   */
  record Flip(Phase to, String report, String by, String reason, String confirm) {}
}
