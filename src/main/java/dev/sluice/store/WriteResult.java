package dev.sluice.store;

import java.time.Duration;

/** What a store did with a batch. */
public sealed interface WriteResult {
  /**
   * All of it is stored.
   *
   * @param durableAfter how long from now the store may still lose it in a power cut; zero when it
   *     was synced before this result
   */
  record Written(Duration durableAfter) implements WriteResult {
    /** Stored and synced. */
    public static final Written DURABLE = new Written(Duration.ZERO);
  }

  /**
   * At least one reading can never be stored as it is; some of the batch may have been stored.
   * Bisecting finds which.
   *
   * @param reason the store's own words
   */
  record Refused(String reason) implements WriteResult {}

  /**
   * Not now: the store is away, busy, read-only, full or suspended. Some of the batch may have been
   * stored; writing it again is harmless.
   *
   * @param reason what failed, on what, and what would help
   */
  record Unavailable(String reason) implements WriteResult {}

  /**
   * Not now: the store is up and has all it acknowledged, but is behind with its own work. Nothing
   * of the batch was stored.
   *
   * @param reason how far behind what is, and what would help
   */
  record Busy(String reason) implements WriteResult {}
}
