package dev.sluice.migration.backfill;

import dev.sluice.store.History.RowClass;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * How a backfill copies, and when it yields.
 *
 * @param directory where its checkpoint and its findings are kept
 * @param chunkRows most rows copied at once
 * @param rowsPerSecond pace, 0 for as fast as it goes; can be changed while it runs
 * @param maxIngestLatency yields while the 99th percentile of ingest's answers is above
 * @param maxLag yields while readings take longer than this to become visible in the new store
 * @param maxMysqlThreads yields while MySQL runs more statements than this at once
 * @param decisions what to do with each class of row that cannot, or should not blindly, be copied
 */
public record BackfillConfig(
    Path directory,
    int chunkRows,
    long rowsPerSecond,
    Duration maxIngestLatency,
    Duration maxLag,
    int maxMysqlThreads,
    Map<RowClass, Decision> decisions) {

  public BackfillConfig {
    decisions = Map.copyOf(decisions);
  }

  /** What to do with a class of rows. */
  public enum Decision {
    /** Do not start while there is such a row. */
    STOP,
    /** Leave such rows out; they stay listed by key. */
    SKIP,
    /** Copy such rows as they are. */
    COPY;

    /** As configuration and JSON spell it. */
    public String label() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }

    /**
     * Whether this can be decided of that class: only what both stores can hold can be copied, and
     * only what verify does not look for in both can be left out.
     */
    public boolean allowedFor(RowClass rowClass) {
      boolean bothHold = rowClass == RowClass.SIMILAR_DEVICES || rowClass == RowClass.FAR_FUTURE;
      return this == STOP || (this == COPY) == bothHold;
    }
  }
}
