package dev.sluice.http.limit;

import dev.sluice.http.auth.LimitOverrides;

/**
 * Settings {@code limits.*}: what each client may do unless its line of the tokens file says
 * otherwise. 0 is no limit.
 *
 * @param readingsPerSecond {@code limits.readings-per-second}
 * @param bytesPerSecond {@code limits.bytes-per-second}: of bodies, as decoded
 * @param concurrentRequests {@code limits.concurrent-requests}, writes and reads together
 * @param inflightShare {@code limits.inflight-share}: share of {@code ingest.max-inflight-bytes},
 *     0..1; 1 is no limit either
 * @param readShare {@code limits.read-share}: share of a store's readers, and of the memory for
 *     pages, 0..1; 1 is no limit either
 * @param unknownPerSecond {@code limits.unknown-per-second}: failed tokens from one address
 */
public record LimitsConfig(
    long readingsPerSecond,
    long bytesPerSecond,
    int concurrentRequests,
    double inflightShare,
    double readShare,
    int unknownPerSecond) {
  /** No limit at all. */
  public static final LimitsConfig NONE = new LimitsConfig(0, 0, 0, 0, 0, 0);

  /** Refuses what the keys refuse. */
  public LimitsConfig {
    requireNotNegative(Limit.READINGS_PER_SECOND, readingsPerSecond);
    requireNotNegative(Limit.BYTES_PER_SECOND, bytesPerSecond);
    requireNotNegative(Limit.CONCURRENT_REQUESTS, concurrentRequests);
    requireShare(Limit.INFLIGHT_SHARE, inflightShare);
    requireShare(Limit.READ_SHARE, readShare);
    requireNotNegative(Limit.UNKNOWN_PER_SECOND, unknownPerSecond);
  }

  /** These limits with those of a client's own line in their place. */
  LimitsConfig with(LimitOverrides own) {
    return new LimitsConfig(
        own.readingsPerSecond().orElse(readingsPerSecond),
        own.bytesPerSecond().orElse(bytesPerSecond),
        own.concurrentRequests().orElse(concurrentRequests),
        inflightShare,
        readShare,
        unknownPerSecond);
  }

  /** These limits for a client with whom nobody shares memory, or readers. */
  LimitsConfig withoutShares(boolean inflight, boolean read) {
    return new LimitsConfig(
        readingsPerSecond,
        bytesPerSecond,
        concurrentRequests,
        inflight ? 0 : inflightShare,
        read ? 0 : readShare,
        unknownPerSecond);
  }

  /** Whether a client with these limits may do whatever it likes. */
  boolean isUnlimited() {
    return readingsPerSecond == 0
        && bytesPerSecond == 0
        && concurrentRequests == 0
        && !limits(inflightShare)
        && !limits(readShare);
  }

  static boolean limits(double share) {
    return share > 0 && share < 1;
  }

  private static void requireNotNegative(Limit limit, long value) {
    if (value < 0) {
      throw new IllegalArgumentException(limit.key() + " is " + value + ", allowed is at least 0");
    }
  }

  private static void requireShare(Limit limit, double value) {
    if (!(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException(limit.key() + " is " + value + ", allowed is 0..1");
    }
  }
}
