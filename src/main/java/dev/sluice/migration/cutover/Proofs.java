package dev.sluice.migration.cutover;

import dev.sluice.migration.phase.Phase;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What other parts of the migration have established, queried whenever a guard is checked: from any
 * thread, and without waiting.
 */
public interface Proofs {
  /** Whether a backfill of this mirror is complete and applied. */
  boolean backfillComplete();

  /** Why the two stores are not proven equal; empty if they are. */
  Optional<String> parityObjection();

  /** The same, counting only comparisons made since this instant. */
  Optional<String> parityObjectionSince(Instant since);

  /**
   * Why going to this phase cannot rest on the current tables; empty if it can. The only one that
   * queries the stores.
   */
  Optional<String> tablesObjection(Phase to);

  /**
   * Time from an ack until the reading is visible in the next store: the 99th percentile of the
   * last minute or the current value, whichever is longer.
   */
  Duration visibleLag();
}
