package dev.sluice.migration.backfill;

import dev.sluice.config.Key;
import dev.sluice.config.ValueType;
import dev.sluice.migration.backfill.BackfillConfig.Decision;
import dev.sluice.store.History.RowClass;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/** The keys of {@link BackfillConfig}. */
public final class BackfillKeys {
  public static final Key<Integer> CHUNK_ROWS =
      Key.of(
          "backfill.chunk-rows",
          "50000",
          ValueType.integer(100, 1_000_000),
          "Most rows copied at once.");
  public static final Key<Integer> ROWS_PER_SECOND =
      Key.of(
          "backfill.rows-per-second",
          "0",
          ValueType.integer(0, BackfillConfig.MAX_ROWS_PER_SECOND),
          "Rows per second of a backfill; 0 is as fast as the limits below allow.");
  public static final Key<Duration> MAX_INGEST_LATENCY =
      Key.of(
          "backfill.max-ingest-latency",
          "50ms",
          ValueType.duration("1ms", "1m"),
          "A backfill yields while the 99th percentile of ingest's answers is above this.");
  public static final Key<Duration> MAX_LAG =
      Key.of(
          "backfill.max-lag",
          "2s",
          ValueType.duration("10ms", "1h"),
          "A backfill yields while readings take longer to become visible in QuestDB.");
  public static final Key<Integer> MAX_MYSQL_THREADS =
      Key.of(
          "backfill.max-mysql-threads",
          "25",
          ValueType.integer(1, 100_000),
          "A backfill yields while MySQL runs more statements at once (Threads_running).");
  public static final Key<Decision> INCOMPLETE =
      decision(RowClass.INCOMPLETE, "Rows without device, time or value.");
  public static final Key<Decision> BEFORE_1970 =
      decision(RowClass.BEFORE_1970, "Rows before 1970, which QuestDB cannot hold.");
  public static final Key<Decision> INVALID_NAME =
      decision(
          RowClass.INVALID_NAME,
          "Rows whose device or metric is empty, over 128 or 255 bytes or has control characters.");
  public static final Key<Decision> SIMILAR_DEVICES =
      decision(
          RowClass.SIMILAR_DEVICES,
          "Devices that differ only in case or accents; copied, they stay different devices.");
  public static final Key<Decision> DUPLICATE =
      decision(RowClass.DUPLICATE, "Rows whose identity has a later row, which counts instead.");
  public static final Key<Decision> FAR_FUTURE =
      decision(
          RowClass.FAR_FUTURE,
          "Rows further ahead of the clock than ingest.max-ahead; a wrong clock wrote them.");

  /** All of them, in the order of the reference. */
  public static final List<Key<?>> ALL =
      List.of(
          CHUNK_ROWS,
          ROWS_PER_SECOND,
          MAX_INGEST_LATENCY,
          MAX_LAG,
          MAX_MYSQL_THREADS,
          INCOMPLETE,
          BEFORE_1970,
          INVALID_NAME,
          SIMILAR_DEVICES,
          DUPLICATE,
          FAR_FUTURE);

  private BackfillKeys() {}

  private static Key<Decision> decision(RowClass rowClass, String text) {
    List<Decision> allowed =
        Arrays.stream(Decision.values()).filter(d -> d.allowedFor(rowClass)).toList();
    return Key.of(
        "backfill." + rowClass.label(), "stop", ValueType.choice(allowed, Decision::label), text);
  }
}
