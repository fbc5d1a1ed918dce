package dev.sluice.http;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Decides whether requests that change something are let in, and counts those inside. Starts
 * closed, opens once or stays shut, and never opens again after {@link #drain()}. Thread-safe.
 */
public final class Gate {
  /** A stage in the life of the process. */
  public enum State {
    STARTING("Sluice is starting"),
    OPEN("Sluice is open"),
    SHUT(
        "this Sluice takes no readings in, as its node.roles are delivery: send to one that has"
            + " ingest among them"),
    DRAINING("Sluice is shutting down");

    private final String reason;

    State(String reason) {
      this.reason = reason;
    }

    /** The reason given to a client that is turned away. */
    public String reason() {
      return reason;
    }
  }

  private static final long LOOK_EVERY_NANOS = 1_000_000;

  private final AtomicInteger inside = new AtomicInteger();
  private volatile State state = State.STARTING;

  /** Lets requests in, unless draining has begun. */
  public synchronized void open() {
    if (state == State.STARTING) {
      state = State.OPEN;
    }
  }

  /** Turns all requests away for good: they are for other processes. */
  public synchronized void keepShut() {
    if (state == State.STARTING) {
      state = State.SHUT;
    }
  }

  /** Turns new requests away; those inside continue. */
  public synchronized void drain() {
    state = State.DRAINING;
  }

  public State state() {
    return state;
  }

  /**
   * Enters if the gate is open.
   *
   * @return whether the caller is inside and must call {@link #leave()}
   */
  public boolean tryEnter() {
    // Counted before the state is checked: once a drain has found no request inside, every later
    // one is turned away.
    inside.incrementAndGet();
    if (state == State.OPEN) {
      return true;
    }
    inside.decrementAndGet();
    return false;
  }

  /** Leaves after a successful {@link #tryEnter()}. */
  public void leave() {
    inside.decrementAndGet();
  }

  /** Number of requests inside now. */
  public int inside() {
    return inside.get();
  }

  /**
   * Waits until no request is inside; ends early on timeout or interrupt.
   *
   * @return whether none is inside
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
