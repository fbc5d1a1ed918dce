package dev.sluice.http;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Chooses the {@code Retry-After} that clients get while a condition lasts: the number of seconds
 * it has lasted, within bounds. A client that stops after five tries thus outlasts a long outage,
 * and one that retries after a short outage does not wait long. Thread-safe.
 */
public final class RetryAfter {
  private static final int MOST_SECONDS = 60;
  private static final long NOT_LASTING = 0;

  private final int leastSeconds;
  private final LongSupplier nanoTime;

  /** Time of the first of consecutive refusals, never 0; {@link #NOT_LASTING} if there is none. */
  private final AtomicLong since = new AtomicLong(NOT_LASTING);

  /**
   * Starts with no client refused.
   *
   * @param leastSeconds seconds for the first client refused
   */
  public RetryAfter(int leastSeconds) {
    this(leastSeconds, System::nanoTime);
  }

  RetryAfter(int leastSeconds, LongSupplier nanoTime) {
    this.leastSeconds = leastSeconds;
    this.nanoTime = nanoTime;
  }

  /** Notes that a client is refused; returns the whole seconds after which it should retry. */
  public int refused() {
    long now = nanoTime.getAsLong() | 1;
    long first = since.compareAndExchange(NOT_LASTING, now);
    return seconds(
        leastSeconds, Duration.ofNanos(first == NOT_LASTING ? 0 : Math.max(0, now - first)));
  }

  /** Notes that a client was served, which ends the condition. Cheap if there was none. */
  public void over() {
    if (since.get() != NOT_LASTING) {
      since.set(NOT_LASTING);
    }
  }

  /** Whole seconds for a condition that has lasted this long. */
  static int seconds(int least, Duration lasted) {
    return Math.clamp(lasted.toSeconds(), least, MOST_SECONDS);
  }
}
