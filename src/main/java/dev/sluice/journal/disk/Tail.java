package dev.sluice.journal.disk;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * The end of what is acknowledged, and those who wait for it to move. The writer publishes, anyone
 * waits. Publishing takes the lock only when the end passes the least offset someone waits for.
 */
final class Tail {
  private static final long SETTLE_NANOS = 20_000;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition moved = lock.newCondition();
  private volatile long nextOffset;

  /** Written under the lock before nextOffset is looked at; read by the publisher after writing. */
  private volatile long wakeBeyond = Long.MAX_VALUE;

  /** Everything before this offset has been acknowledged; at most a group behind nextOffset. */
  private volatile long acknowledgedOffset;

  private volatile boolean closed;

  Tail(long nextOffset) {
    this.nextOffset = nextOffset;
    this.acknowledgedOffset = nextOffset;
  }

  long nextOffset() {
    return nextOffset;
  }

  void publish(long offset) {
    nextOffset = offset;
    if (offset > wakeBeyond) {
      wakeAll();
    }
  }

  /** All appends before this offset have been answered: told by the writer after publishing. */
  void acknowledged(long offset) {
    acknowledgedOffset = offset;
  }

  /**
   * The end, once everything before it has been acknowledged: whatever is acknowledged after this
   * returns has this offset or a later one. Waits for the answers of one group at most, which
   * nothing but the processor holds up.
   */
  long settledEnd() {
    long end = nextOffset;
    while (acknowledgedOffset < end && !closed) {
      LockSupport.parkNanos(SETTLE_NANOS);
    }
    return end;
  }

  /** Those who wait look again whether they still need to. */
  void wake() {
    wakeAll();
  }

  /** Waiters return, now and from now on. */
  void close() {
    closed = true;
    wakeAll();
  }

  boolean closed() {
    return closed;
  }

  /**
   * Waits until the end has passed this offset, the time is over, the journal closes, or {@code
   * enough} holds, which is asked at {@link #wake()}.
   */
  boolean awaitBeyond(long offset, long timeoutNanos, BooleanSupplier enough)
      throws InterruptedException {
    if (nextOffset > offset) {
      return true;
    }
    lock.lockInterruptibly();
    try {
      long nanos = timeoutNanos;
      while (true) {
        wakeBeyond = Math.min(wakeBeyond, offset);
        if (nextOffset > offset || closed || nanos <= 0 || enough.getAsBoolean()) {
          return nextOffset > offset;
        }
        nanos = moved.awaitNanos(nanos);
      }
    } finally {
      lock.unlock();
    }
  }

  private void wakeAll() {
    lock.lock();
    try {
      wakeBeyond = Long.MAX_VALUE;
      moved.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
