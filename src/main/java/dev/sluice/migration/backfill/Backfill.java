package dev.sluice.migration.backfill;

import dev.sluice.api.BackfillStatus;
import dev.sluice.migration.RefusedException;
import dev.sluice.store.History.RowClass;
import java.util.Map;

/**
 * Copies the rows that were in MySQL before the mirror began, as operators see it. Thread-safe; no
 * method waits for rows to be copied.
 */
public interface Backfill {
  /** The response to {@code GET /v1/backfill}. */
  BackfillStatus status();

  /** Whether a backfill of this mirror is complete and applied. */
  boolean complete();

  /**
   * Checks for rows that need a decision, without copying; the result appears in {@link #status}.
   *
   * @throws RefusedException while a backfill runs, or only one store is written
   */
  void preflight() throws RefusedException;

  /**
   * Starts with a preflight, or continues from the checkpoint of a backfill that was cancelled or
   * failed. A complete one is repeated from the beginning, for what others have written to the
   * table since.
   *
   * @param decisions for this backfill, overriding what is configured for these classes
   * @throws RefusedException while one runs, only one store is written, or a decision is not
   *     allowed for its class
   */
  void start(Map<RowClass, BackfillConfig.Decision> decisions) throws RefusedException;

  /** Stops after the chunk in flight, until resumed; a restart does not change that. */
  void pause() throws RefusedException;

  /** Continues after a pause. */
  void resume() throws RefusedException;

  /** Ends it after the chunk in flight; the checkpoint is kept for another start. */
  void cancel() throws RefusedException;

  /** Limits the rows copied per second from now on; 0 is unlimited. */
  void throttle(long rowsPerSecond) throws RefusedException;
}
