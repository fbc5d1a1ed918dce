package dev.sluice.migration.backfill;

import dev.sluice.delivery.DeliveryStatus;
import dev.sluice.migration.Pair;
import dev.sluice.migration.VisibleLag;
import dev.sluice.store.History;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.WalStatus;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * What a backfill yields to: sensors, which come first, and stores under load. Confined to the
 * copying thread.
 */
final class Limits {
  /** The longest MySQL may lag behind the mirror: each chunk waits until it has caught up. */
  static final Duration MAX_MYSQL_LAG = Duration.ofSeconds(10);

  /** The most unapplied transactions; at twice as many the store accepts no more writes. */
  static final int MAX_UNAPPLIED = 250;

  private static final long THREADS_EVERY_NANOS = Duration.ofMillis(500).toNanos();

  private final BackfillConfig config;
  private final AnswerTimes ingest;
  private final VisibleLag lag;
  private final LongSupplier nanoTime;
  private final Limit unapplied = new Limit();
  private final Limit visible = new Limit();
  private final Limit mysqlLag = new Limit();
  private final Limit threads = new Limit();
  private final Limit latency = new Limit();
  private Optional<String> threadsProblem = Optional.empty();
  private long threadsAskedNanos;
  private boolean threadsAsked;

  Limits(BackfillConfig config, AnswerTimes ingest, VisibleLag lag, LongSupplier nanoTime) {
    this.config = config;
    this.ingest = ingest;
    this.lag = lag;
    this.nanoTime = nanoTime;
  }

  /** Why not to go on now: which limit, observed against allowed; empty when none is passed. */
  Optional<String> passed(Pair pair) {
    return questDb(pair)
        .or(this::visibleLag)
        .or(() -> mysqlLag(pair.legacy().delivery().status()))
        .or(() -> threads(pair.legacy().history()))
        .or(this::ingest);
  }

  /** How close ingest is to its limit, from 0 to 1. */
  double ingestStrain() {
    double observed = ingest.p99().toNanos();
    return Math.min(1, observed / config.maxIngestLatency().toNanos());
  }

  private Optional<String> questDb(Pair pair) {
    try {
      WalStatus status = pair.next().log().walStatus();
      if (status.suspended()) {
        return Optional.of(
            "QuestDB has suspended the table ("
                + status.error()
                + "): fix the cause, then resume it with ALTER TABLE … RESUME WAL");
      }
      return unapplied.passed(status.visibleLag(), MAX_UNAPPLIED, nanoTime.getAsLong())
          ? Optional.of(
              "QuestDB has "
                  + status.visibleLag()
                  + " transactions to apply, allowed are "
                  + MAX_UNAPPLIED)
          : Optional.empty();
    } catch (UnavailableException e) {
      return Optional.of("QuestDB does not respond: " + e.getMessage());
    }
  }

  private Optional<String> visibleLag() {
    return over(
        visible,
        "readings take {} to become visible in QuestDB, allowed are {} (backfill.max-lag)",
        lag.current(),
        config.maxLag());
  }

  private Optional<String> mysqlLag(DeliveryStatus status) {
    Duration observed = Duration.ofNanos((long) (status.lagSeconds() * 1e9));
    return over(
            mysqlLag,
            "MySQL is {} behind the journal, allowed are {}: a chunk is read only once MySQL has"
                + " everything QuestDB has",
            observed,
            MAX_MYSQL_LAG)
        .map(why -> status.trouble().isEmpty() ? why : why + " (" + status.trouble() + ")");
  }

  /** Queried at most twice a second, because the query is a statement too. */
  private Optional<String> threads(History history) {
    long now = nanoTime.getAsLong();
    if (!threadsAsked || now - threadsAskedNanos >= THREADS_EVERY_NANOS) {
      threadsAsked = true;
      threadsAskedNanos = now;
      threadsProblem = askThreads(history, now);
    }
    return threadsProblem;
  }

  private Optional<String> askThreads(History history, long now) {
    try {
      int running = history.threadsRunning();
      return threads.passed(running, config.maxMysqlThreads(), now)
          ? Optional.of(
              "MySQL runs "
                  + running
                  + " statements at once, allowed are "
                  + config.maxMysqlThreads()
                  + " (backfill.max-mysql-threads)")
          : Optional.empty();
    } catch (UnavailableException e) {
      return Optional.of("MySQL does not respond: " + e.getMessage());
    }
  }

  private Optional<String> ingest() {
    return over(
        latency,
        "the 99th percentile of ingest's answers is {}, allowed are {}"
            + " (backfill.max-ingest-latency)",
        ingest.p99(),
        config.maxIngestLatency());
  }

  private Optional<String> over(Limit limit, String text, Duration observed, Duration allowed) {
    return limit.passed(observed.toNanos(), allowed.toNanos(), nanoTime.getAsLong())
        ? Optional.of(
            text.replaceFirst("\\{}", millis(observed)).replaceFirst("\\{}", millis(allowed)))
        : Optional.empty();
  }

  private static String millis(Duration time) {
    double millis = time.toNanos() / 1e6;
    return String.format(Locale.ROOT, millis < 10 ? "%.1f ms" : "%.0f ms", millis);
  }
}
