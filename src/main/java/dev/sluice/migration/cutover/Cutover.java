package dev.sluice.migration.cutover;

import dev.sluice.api.CutoverStatus;
import dev.sluice.api.ExplainedResult;
import dev.sluice.api.FlipResult;
import dev.sluice.api.ReadinessReport;
import dev.sluice.migration.RefusedException;
import dev.sluice.migration.phase.Phase;

/**
 * Phase changes as operators see them: readiness reports, flips that rest on them, and the dead
 * letters they accept. Thread-safe; one change at a time, any other is refused.
 */
public interface Cutover {
  /** The response to {@code GET /v1/cutover}. */
  CutoverStatus status();

  /** Makes and keeps a readiness report for going to this phase. */
  ReadinessReport report(Phase to) throws RefusedException;

  /** Changes the phase, resting on the report that the flip names. */
  FlipResult flip(Flip flip) throws RefusedException;

  /** Accepts the current dead letters, so that they no longer block a flip. */
  ExplainedResult explainDeadLetters(String sink, String by, String reason) throws RefusedException;

  /**
   * A phase change as an operator requests it.
   *
   * @param report id of the report it rests on
   * @param confirm name of the legacy table, needed only for {@code retired}, else empty
   * @param audit hash of the line that records the request
   */
  record Flip(Phase to, String report, String by, String reason, String confirm, String audit) {}
}
