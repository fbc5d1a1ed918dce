package dev.sluice.migration.verify;

import dev.sluice.config.Key;
import dev.sluice.config.ValueType;
import java.time.Duration;
import java.util.List;

/** The keys of {@link VerifyConfig}. */
public final class VerifyKeys {
  public static final Key<Long> MAX_MISMATCH_BYTES =
      Key.of(
          "verify.max-mismatch-bytes",
          "1GiB",
          ValueType.bytes("1KiB", "1TiB"),
          "Most bytes of the mismatch files; a run that needs more fails.");
  public static final Key<Duration> SETTLE_TIMEOUT =
      Key.of(
          "verify.settle-timeout",
          "1m",
          ValueType.duration("1s", "1d"),
          "How long a difference waits for both stores to catch up before it is checked again.");

  /** All of them, in the order of the reference. */
  public static final List<Key<?>> ALL = List.of(MAX_MISMATCH_BYTES, SETTLE_TIMEOUT);

  private VerifyKeys() {}
}
