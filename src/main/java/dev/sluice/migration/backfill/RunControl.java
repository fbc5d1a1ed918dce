package dev.sluice.migration.backfill;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * An operator's orders to the copying thread: pause, continue, end. Thread-safe. The thread does
 * all its waiting here, so that it reacts immediately.
 */
final class RunControl {
  /** Why a run ends early. */
  enum End {
    /** An operator cancelled it. */
    CANCELLED,
    /** The process stops; the next one continues. */
    STOPPED,
    /** The mirror no longer exists. */
    LEFT
  }

  /** Ends the run from any depth of its call stack. */
  static final class EndedException extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final End end;

    EndedException(End end) {
      super(end.name(), null, false, false);
      this.end = end;
    }

    End end() {
      return end;
    }
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private boolean paused;
  private long changes;
  private Optional<End> end = Optional.empty();

  /** Ends the run; only the first reason counts. */
  void end(End reason) {
    lock.lock();
    try {
      end = end.or(() -> Optional.of(reason));
      changes++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  Optional<End> ended() {
    lock.lock();
    try {
      return end;
    } finally {
      lock.unlock();
    }
  }

  void pause(boolean wanted) {
    lock.lock();
    try {
      paused = wanted;
      changes++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  boolean paused() {
    lock.lock();
    try {
      return paused;
    } finally {
      lock.unlock();
    }
  }

  /** Waits for this long, or until an order arrives. */
  void await(Duration time) {
    lock.lock();
    try {
      check();
      long seen = changes;
      long left = time.toNanos();
      while (left > 0 && seen == changes) {
        left = changed.awaitNanos(left);
      }
      check();
    } catch (InterruptedException e) {
      throw new AssertionError("unexpected interrupt of " + Thread.currentThread().getName(), e);
    } finally {
      lock.unlock();
    }
  }

  /** Throws if the run must end. */
  void check() {
    ended()
        .ifPresent(reason -> {
          throw new EndedException(reason);
        });
  }
}
