package dev.sluice.http;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How many bytes requests may hold in memory at once, over all connections. Never waits: who is
 * refused answers "not now" instead. Thread-safe.
 */
public final class ByteBudget {
  private final long limit;
  private final AtomicLong used = new AtomicLong();

  /**
   * A budget of which nothing is taken.
   *
   * @param limit most bytes out at once, at least 1
   */
  public ByteBudget(long limit) {
    if (limit < 1) {
      throw new IllegalArgumentException("limit is " + limit + ", allowed is at least 1");
    }
    this.limit = limit;
  }

  /** Takes {@code bytes}, or nothing and returns false when that would pass the limit. */
  public boolean tryTake(long bytes) {
    if (used.addAndGet(bytes) <= limit) {
      return true;
    }
    used.addAndGet(-bytes);
    return false;
  }

  /** Gives back what was taken. */
  public void give(long bytes) {
    long left = used.addAndGet(-bytes);
    if (left < 0) {
      throw new AssertionError("gave back " + -left + " bytes more than were taken");
    }
  }

  /** Bytes out now. */
  public long used() {
    return used.get();
  }

  public long limit() {
    return limit;
  }
}
