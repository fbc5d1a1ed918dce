package dev.sluice.migration.backfill;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What operators tell a thread that copies: pause, go on, end. Thread-safe. Whatever the thread
 * waits for, it waits here, so that it takes notice at once.
 */
final class RunControl {
  /** Why a run ends before it is through. */
  enum End {
    /** An operator wants it. */
    CANCELLED,
    /** The process stops; the next one goes on. */
    STOPPED,
    /** There is no mirror any more. */
    LEFT
  }

  /** Ends the run, from however deep inside it. */
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

  /** The first end counts. */
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

  /** Waits so long, or until something is told. */
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
      throw new AssertionError("nobody interrupts " + Thread.currentThread().getName(), e);
    } finally {
      lock.unlock();
    }
  }

  /** Throws when the run shall end. */
  void check() {
    ended()
        .ifPresent(reason -> {
          throw new EndedException(reason);
        });
  }
}
