package dev.sluice.http;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How many bytes requests may hold in memory at once, over all connections. Never waits: who is
 * refused answers "not now" instead. Thread-safe.
 */
public final class ByteBudget {
  private static final long LITTLE_BYTES = 64 * 1024;

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
    return tryTakeWithin(bytes, limit);
  }

  /**
   * Takes {@code bytes} for somebody who holds {@code held} already, or nothing and returns false.
   * Who wants much cannot take the last quarter: it is left for those who want little.
   */
  public boolean tryTake(long bytes, long held) {
    boolean much = held + bytes > LITTLE_BYTES;
    return tryTakeWithin(bytes, much ? limit - limit / 4 : limit);
  }

  /** What does not fit is never seen as used: others would be refused for it. */
  private boolean tryTakeWithin(long bytes, long most) {
    long now = used.get();
    while (now + bytes <= most) {
      if (used.compareAndSet(now, now + bytes)) {
        return true;
      }
      now = used.get();
    }
    return false;
  }

  /** Most that one holder may ever have. */
  public long most() {
    return limit <= LITTLE_BYTES ? limit : Math.max(LITTLE_BYTES, limit - limit / 4);
  }

  /** Whether so much is out that holders who make no use of it should not be waited for. */
  public boolean isShort() {
    return used.get() > limit / 2;
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
