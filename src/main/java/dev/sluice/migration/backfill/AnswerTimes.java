package dev.sluice.migration.backfill;

import java.time.Duration;

/** How long ingest takes to answer now. Thread-safe. */
@FunctionalInterface
public interface AnswerTimes {
  /** The 99th percentile over the last second; zero without requests. */
  Duration p99();
}
