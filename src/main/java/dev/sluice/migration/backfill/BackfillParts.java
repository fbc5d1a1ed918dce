package dev.sluice.migration.backfill;

import dev.sluice.migration.Stores;
import dev.sluice.migration.VisibleLag;
import dev.sluice.migration.backfill.BackfillConfig.Decision;
import dev.sluice.store.History.RowClass;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * What every run of a backfill works with. Immutable; its parts are thread-safe unless they say
 * otherwise.
 */
record BackfillParts(
    BackfillConfig config,
    BackfillStore store,
    Stores stores,
    AnswerTimes ingest,
    VisibleLag lag,
    InstantSource clock,
    LongSupplier nanoTime,
    Pace pace,
    long maxListingBytes) {

  /** The current time in the precision it is kept in, milliseconds. */
  Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }

  /** Lists every finding of the preflight, by key. */
  Path findingsFile() {
    return config.directory().resolve("findings.ndjson");
  }

  /**
   * Lists every row QuestDB permanently refused. A row is listed again if a crash repeats its
   * chunk.
   */
  Path refusedFile() {
    return config.directory().resolve("refused.ndjson");
  }

  /** The configured decisions, overridden by those taken for this run. */
  Map<RowClass, Decision> decisions(Map<RowClass, Decision> decided) {
    Map<RowClass, Decision> all = new EnumMap<>(RowClass.class);
    all.putAll(config.decisions());
    all.putAll(decided);
    return all;
  }
}
