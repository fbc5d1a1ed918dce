package dev.sluice.store;

import java.time.Duration;

/** What a store did with a batch. */
public sealed interface WriteResult {
  /**
   * The whole batch is stored.
   *
   * @param durableAfter how long from now a power cut may still lose it; zero when it was synced
   *     before this result
   */
  record Written(Duration durableAfter) implements WriteResult {
    /** Stored and synced. */
    public static final Written DURABLE = new Written(Duration.ZERO);
  }

  /**
   * At least one reading can never be stored as it is; some of the batch may have been stored.
   * Bisecting finds the culprit.
   *
   * @param reason the store's own words
   */
  record Refused(String reason) implements WriteResult {}

  /**
   * Not now: the store is down, busy, read-only, full or suspended. Some of the batch may have been
   * stored; writing it again is harmless.
   *
   * @param reason what failed, on what, and what would help
   */
  record Unavailable(String reason) implements WriteResult {}

  /**
   * Not now: the store is up and holds everything it acknowledged, but lags with its own work.
   * Nothing of the batch was stored.
   *
   * @param reason what lags, how far, and what would help
   */
  record Busy(String reason) implements WriteResult {}
}
