package dev.sluice.http.limit;

import dev.sluice.config.Key;
import dev.sluice.config.ValueType;
import java.util.List;

/** The keys of {@link LimitsConfig}. */
public final class LimitsKeys {
  public static final Key<Integer> READINGS_PER_SECOND =
      Key.of(
          Limit.READINGS_PER_SECOND.key(),
          "0",
          ValueType.integer(0, 1_000_000_000),
          "Most readings per second of one client; more is a 429. 0 is no limit.");
  public static final Key<Long> BYTES_PER_SECOND =
      Key.of(
          Limit.BYTES_PER_SECOND.key(),
          "0",
          ValueType.bytes("0", "1TiB"),
          "Most bytes of decoded bodies per second of one client; 0 is no limit.");
  public static final Key<Integer> CONCURRENT_REQUESTS =
      Key.of(
          Limit.CONCURRENT_REQUESTS.key(),
          "0",
          ValueType.integer(0, 1_000_000),
          "Most requests of one client at the same time; 0 is no limit.");
  public static final Key<Double> INFLIGHT_SHARE =
      Key.of(
          Limit.INFLIGHT_SHARE.key(),
          "0.25",
          ValueType.share(),
          "Most of ingest.max-inflight-bytes that one client may hold; 0 is no limit.");
  public static final Key<Double> READ_SHARE =
      Key.of(
          Limit.READ_SHARE.key(),
          "0.25",
          ValueType.share(),
          "Most of a store's readers that one client may occupy; 0 is no limit.");
  public static final Key<Integer> UNKNOWN_PER_SECOND =
      Key.of(
          Limit.UNKNOWN_PER_SECOND.key(),
          "20",
          ValueType.integer(0, 1_000_000),
          "Most failed tokens per second from one address; more is a 429. 0 is no limit.");

  /** All of them, in the order of the reference. */
  public static final List<Key<?>> ALL =
      List.of(
          READINGS_PER_SECOND,
          BYTES_PER_SECOND,
          CONCURRENT_REQUESTS,
          INFLIGHT_SHARE,
          READ_SHARE,
          UNKNOWN_PER_SECOND);

  private LimitsKeys() {}
}
