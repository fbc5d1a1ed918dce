package dev.sluice.migration.cutover;

import dev.sluice.migration.phase.Phase;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What other parts of the migration have established, queried whenever a guard is checked: from any
 * thread, and without waiting.
 *
 * @param backfillComplete whether a backfill of this mirror is complete and applied
 * @param parityObjection why the two stores are not proven equal; empty if they are
 * @param reverseObjection the same, counting only comparisons made since this instant
 * @param tablesObjection why going to this phase cannot rest on the current tables; empty if it
 *     can. The only one that queries the stores
 * @param visibleLag time from an ack until the reading is visible in QuestDB: the 99th percentile
 *     of the last minute or the current value, whichever is longer
 */
public record Proofs(
    BooleanSupplier backfillComplete,
    Supplier<Optional<String>> parityObjection,
    Function<Instant, Optional<String>> reverseObjection,
    Function<Phase, Optional<String>> tablesObjection,
    Supplier<Duration> visibleLag) {}
