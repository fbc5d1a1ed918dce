package dev.sluice.http.limit;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The reads of one client that a store answers now; further ones wait for a limited time, and keep
 * nobody else's waiting. Thread-safe.
 */
final class ReadTurns {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition left = lock.newCondition();
  private int inside;

  /**
   * Enters once fewer than {@code most} are inside.
   *
   * @return false if that took too long, or the thread was interrupted
   */
  boolean enter(int most, Duration patience) {
    lock.lock();
    try {
      long leftNanos = patience.toNanos();
      while (inside >= most) {
        if (leftNanos <= 0) {
          return false;
        }
        leftNanos = left.awaitNanos(leftNanos);
      }
      inside++;
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }

  void leave() {
    lock.lock();
    try {
      inside--;
      left.signal();
    } finally {
      lock.unlock();
    }
  }
}
