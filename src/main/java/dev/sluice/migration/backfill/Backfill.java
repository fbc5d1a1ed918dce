package dev.sluice.migration.backfill;

import dev.sluice.migration.RefusedException;
import dev.sluice.store.History.RowClass;
import jakarta.json.JsonObject;
import java.util.Map;

/**
 * Copies the rows that were in MySQL before the mirror began, as operators see it. Thread-safe; no
 * method waits for rows to be copied.
 */
public interface Backfill {
  /** What {@code GET /v1/backfill} answers. */
  JsonObject json();

  /** Whether a backfill of this mirror is complete and applied. */
  boolean complete();

  /**
   * Looks for rows that need a decision, without copying; the answer comes with {@link #json}.
   *
   * @throws RefusedException while a backfill runs, or only one store is written
   */
  void preflight() throws RefusedException;

  /**
   * Starts with a preflight, or goes on from the checkpoint of one that was cancelled or failed.
   * One that is complete is done again, from the beginning, for what others wrote to the table
   * since.
   *
   * @param decisions for this backfill, in the place of what is configured for these classes
   * @throws RefusedException while one runs, only one store is written, or a decision is not
   *     allowed for its class
   */
  void start(Map<RowClass, BackfillConfig.Decision> decisions) throws RefusedException;

  /** Stops after the chunk in flight, until resumed; a restart does not change that. */
  void pause() throws RefusedException;

  /** Goes on after a pause. */
  void resume() throws RefusedException;

  /** Ends it after the chunk in flight; the checkpoint stays, for another start. */
  void cancel() throws RefusedException;

  /** Most rows copied in a second from now on; 0 is unlimited. */
  void throttle(long rowsPerSecond) throws RefusedException;
}
