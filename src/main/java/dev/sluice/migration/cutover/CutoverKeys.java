package dev.sluice.migration.cutover;

import dev.sluice.config.Key;
import dev.sluice.config.ValueType;
import dev.sluice.migration.phase.Phase;
import java.time.Duration;
import java.util.List;

/** The keys of {@link CutoverConfig}, and of the phase that a new data directory begins with. */
public final class CutoverKeys {
  public static final Key<Phase> INITIAL_PHASE =
      Key.of(
          "cutover.initial-phase",
          ValueType.choice(List.of(Phase.MYSQL, Phase.MIRROR, Phase.RETIRED), Phase::label),
          "Which stores are written and read; by default mirror under up, else mysql.");
  public static final Key<Duration> MAX_LAG =
      Key.of(
          "cutover.max-lag",
          "5s",
          ValueType.duration("10ms", "1h"),
          "Longest time from ack to visible, in either store, at which reads may move.");
  public static final Key<Duration> TIMEOUT =
      Key.of(
          "cutover.timeout",
          "10s",
          ValueType.duration("100ms", "10m"),
          "How long a flip waits for the store to be read next; then it is rolled back.");
  public static final Key<Duration> REPORT_MAX_AGE =
      Key.of(
          "cutover.report-max-age",
          "15m",
          ValueType.duration("1s", "1d"),
          "How old the readiness report of a flip may be.");
  public static final Key<Duration> MAX_DIRTY_AGE =
      Key.of(
          "cutover.max-dirty-age",
          "15m",
          ValueType.duration("0ms", "1d"),
          "How long a verified hour may have been written to since; then it is verified again.");
  public static final Key<Long> MIN_FREE_BYTES =
      Key.of(
          "cutover.min-free-bytes",
          "2GiB",
          ValueType.bytes("0", "1024TiB"),
          "Free disk under data.dir at which reads may move.");

  /** All of them, in the order of the reference. */
  public static final List<Key<?>> ALL =
      List.of(INITIAL_PHASE, MAX_LAG, TIMEOUT, REPORT_MAX_AGE, MAX_DIRTY_AGE, MIN_FREE_BYTES);

  private CutoverKeys() {}
}
