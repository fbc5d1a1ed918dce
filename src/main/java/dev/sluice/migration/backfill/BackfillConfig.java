package dev.sluice.migration.backfill;

import dev.sluice.store.History.RowClass;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * How a backfill copies, and when it yields.
 *
 * @param directory where its checkpoint and its findings are kept
 * @param chunkRows the most rows copied in one chunk
 * @param rowsPerSecond the pace; 0 is unlimited; can be changed while it runs
 * @param maxIngestLatency yields while the 99th percentile of ingest's response times is above this
 * @param maxLag yields while readings take longer than this to become visible in the new store
 * @param maxMysqlThreads yields while MySQL runs more concurrent statements than this
 * @param decisions what to do with each class of rows that cannot be copied, or should not be
 *     copied blindly
 */
public record BackfillConfig(
    Path directory,
    int chunkRows,
    long rowsPerSecond,
    Duration maxIngestLatency,
    Duration maxLag,
    int maxMysqlThreads,
    Map<RowClass, Decision> decisions) {

  /** The fastest pace that can be set; 0, which is unlimited, is faster. */
  public static final int MAX_ROWS_PER_SECOND = 1_000_000_000;

  public BackfillConfig {
    decisions = Map.copyOf(decisions);
  }

  /** What to do with a class of rows. */
  public enum Decision {
    /** Do not start while there is such a row. */
    STOP,
    /** Leave such rows out; they remain listed by key. */
    SKIP,
    /** Copy such rows as they are. */
    COPY;

    /** The spelling in configuration and JSON. */
    public String label() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }

    /**
     * Whether this decision is possible for that class: only rows that both stores can hold can be
     * copied, and only rows that verify does not expect in both can be left out.
     */
    public boolean allowedFor(RowClass rowClass) {
      boolean bothHold = rowClass == RowClass.SIMILAR_DEVICES || rowClass == RowClass.FAR_FUTURE;
      return this == STOP || (this == COPY) == bothHold;
    }
  }
}
