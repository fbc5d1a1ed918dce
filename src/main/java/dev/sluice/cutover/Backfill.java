package dev.sluice.cutover;

import dev.sluice.sink.History.RowClass;
import jakarta.json.JsonObject;
import java.util.Map;

/** Skeleton. */
public interface Backfill {
  /** What {@code GET /v1/backfill} answers. */
  JsonObject json();

  /** Whether a backfill of this mirror is complete and applied. */
  boolean complete();

  /** Looks for rows that need a decision, without copying; the answer comes with {@link #json}. */
  void preflight() throws RefusedException;

  /** Starts, or resumes from the checkpoint after a crash or cancel. */
  void start(Map<RowClass, BackfillConfig.Decision> decisions) throws RefusedException;

  void pause() throws RefusedException;

  void resume() throws RefusedException;

  void cancel() throws RefusedException;

  /** 0 is unlimited. */
  void throttle(long rowsPerSecond) throws RefusedException;
}
