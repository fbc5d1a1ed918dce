package dev.sluice.http;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Whether requests that change something are let in, and how many are inside. Starts closed, opens
 * once, and after {@link #drain()} never opens again. Thread-safe.
 */
public final class Gate {
  /** Where a process is in its life. */
  public enum State {
    STARTING("Sluice is starting"),
    OPEN("Sluice is open"),
    DRAINING("Sluice is shutting down");

    private final String reason;

    State(String reason) {
      this.reason = reason;
    }

    /** What a client that is turned away is told. */
    public String reason() {
      return reason;
    }
  }

  private static final long LOOK_EVERY_NANOS = 1_000_000;

  private final AtomicInteger inside = new AtomicInteger();
  private volatile State state = State.STARTING;

  /** Lets requests in, unless the drain has begun. */
  public synchronized void open() {
    if (state == State.STARTING) {
      state = State.OPEN;
    }
  }

  /** Turns new requests away; those inside go on. */
  public synchronized void drain() {
    state = State.DRAINING;
  }

  public State state() {
    return state;
  }

  /**
   * Enters if the gate is open.
   *
   * @return whether the caller is inside and must {@link #leave()}
   */
  public boolean tryEnter() {
    // Counted before the look: a drain that finds nobody inside has turned everybody later away.
    inside.incrementAndGet();
    if (state == State.OPEN) {
      return true;
    }
    inside.decrementAndGet();
    return false;
  }

  /** Ends one successful {@link #tryEnter()}. */
  public void leave() {
    inside.decrementAndGet();
  }

  /** Requests inside now. */
  public int inside() {
    return inside.get();
  }

  /**
   * Waits until nobody is inside, at most this long.
   *
   * @return whether nobody is
   */
  public boolean awaitEmpty(Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (inside.get() > 0) {
      if (System.nanoTime() - deadline >= 0 || Thread.currentThread().isInterrupted()) {
        return false;
      }
      LockSupport.parkNanos(this, LOOK_EVERY_NANOS);
    }
    return true;
  }
}
