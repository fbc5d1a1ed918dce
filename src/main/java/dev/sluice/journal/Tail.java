package dev.sluice.journal;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The end of what is acknowledged, and those who wait for it to move. The writer publishes, anyone
 * waits. Publishing takes the lock only when the end passes the least offset someone waits for.
 */
final class Tail {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition moved = lock.newCondition();
  private volatile long nextOffset;

  /** Written under the lock before nextOffset is looked at; read by the publisher after writing. */
  private volatile long wakeBeyond = Long.MAX_VALUE;

  private volatile boolean closed;

  Tail(long nextOffset) {
    this.nextOffset = nextOffset;
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

  /** Waiters return, now and from now on. */
  void close() {
    closed = true;
    wakeAll();
  }

  boolean closed() {
    return closed;
  }

  boolean awaitBeyond(long offset, long timeoutNanos) throws InterruptedException {
    if (nextOffset > offset) {
      return true;
    }
    lock.lockInterruptibly();
    try {
      long nanos = timeoutNanos;
      while (true) {
        wakeBeyond = Math.min(wakeBeyond, offset);
        if (nextOffset > offset || closed || nanos <= 0) {
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
