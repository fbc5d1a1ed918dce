package dev.sluice.http;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * What clients are told in {@code Retry-After} while one condition lasts: as many seconds as it has
 * lasted, within bounds. A client that gives up after five tries then outlasts a long outage, and
 * one that comes again after a short one does not wait long. Thread-safe.
 */
public final class RetryAfter {
  private static final int MOST_SECONDS = 60;
  private static final long NOT_LASTING = 0;

  private final int leastSeconds;
  private final LongSupplier nanoTime;

  /** When the first of the refusals in a row was, never 0 then. */
  private final AtomicLong since = new AtomicLong(NOT_LASTING);

  /**
   * For a condition that does not last yet.
   *
   * @param leastSeconds what the first client is told
   */
  public RetryAfter(int leastSeconds) {
    this(leastSeconds, System::nanoTime);
  }

  RetryAfter(int leastSeconds, LongSupplier nanoTime) {
    this.leastSeconds = leastSeconds;
    this.nanoTime = nanoTime;
  }

  /** A client is refused: whole seconds after which it should come again. */
  public int refused() {
    long now = nanoTime.getAsLong() | 1;
    long first = since.compareAndExchange(NOT_LASTING, now);
    return seconds(
        leastSeconds, Duration.ofNanos(first == NOT_LASTING ? 0 : Math.max(0, now - first)));
  }

  /** A client was served: the condition is over. Cheap when it did not last. */
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
