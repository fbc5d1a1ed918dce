package dev.sluice.http.auth;

import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The limits that a line of the tokens file sets for one client. What is absent is as {@code
 * limits.*} says; 0 is no limit.
 *
 * @param readingsPerSecond readings a second
 * @param bytesPerSecond bytes of bodies a second
 * @param concurrentRequests requests at the same time
 */
public record LimitOverrides(
    OptionalLong readingsPerSecond, OptionalLong bytesPerSecond, OptionalInt concurrentRequests) {
  /** Every limit as the settings have it. */
  public static final LimitOverrides NONE =
      new LimitOverrides(OptionalLong.empty(), OptionalLong.empty(), OptionalInt.empty());

  /** Refuses negative limits. */
  public LimitOverrides {
    requireNotNegative("readings-per-second", readingsPerSecond.orElse(0));
    requireNotNegative("bytes-per-second", bytesPerSecond.orElse(0));
    requireNotNegative("concurrent-requests", concurrentRequests.orElse(0));
  }

  private static void requireNotNegative(String name, long value) {
    if (value < 0) {
      throw new IllegalArgumentException(name + " is " + value + ", allowed is at least 0");
    }
  }
}
