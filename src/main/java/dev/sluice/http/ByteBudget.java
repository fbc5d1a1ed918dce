package dev.sluice.http;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Limits how many bytes requests may hold in memory at the same time, over all connections. Never
 * waits: a request that is refused gets a "not now" answer instead. Thread-safe.
 */
public final class ByteBudget {
  private static final long LITTLE_BYTES = 64 * 1024;

  private final long limit;
  private final AtomicLong used = new AtomicLong();

  /**
   * Creates a budget with nothing taken.
   *
   * @param limit maximum number of bytes taken at the same time, at least 1
   */
  public ByteBudget(long limit) {
    if (limit < 1) {
      throw new IllegalArgumentException("limit is " + limit + ", allowed is at least 1");
    }
    this.limit = limit;
  }

  /** Takes {@code bytes}; returns false and takes nothing if that would exceed the limit. */
  public boolean tryTake(long bytes) {
    return tryTakeWithin(bytes, limit);
  }

  /**
   * Takes {@code bytes} for a holder that already has {@code held}; returns false and takes nothing
   * if there is no room. A holder that would have more than 64 KiB cannot use the last quarter of
   * the limit, which is reserved for small ones.
   */
  public boolean tryTake(long bytes, long held) {
    boolean much = held + bytes > LITTLE_BYTES;
    return tryTakeWithin(bytes, much ? limit - limit / 4 : limit);
  }

  /**
   * An amount that does not fit is never counted, not even briefly, because others would be refused
   * for it.
   */
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

  /** The most that one holder can ever have. */
  public long most() {
    return limit <= LITTLE_BYTES ? limit : Math.max(LITTLE_BYTES, limit - limit / 4);
  }

  /**
   * Whether more than half is taken, so that holders that make no use of it should not be waited
   * for.
   */
  public boolean isShort() {
    return used.get() > limit / 2;
  }

  /** Gives back bytes taken earlier. */
  public void give(long bytes) {
    long left = used.addAndGet(-bytes);
    if (left < 0) {
      throw new AssertionError("gave back " + -left + " bytes more than were taken");
    }
  }

  /** Bytes taken now. */
  public long used() {
    return used.get();
  }

  public long limit() {
    return limit;
  }
}
