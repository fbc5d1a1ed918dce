package dev.sluice.bench;

import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Wakes senders when their turn comes. Uses one platform thread and a wheel of slots of 16
 * microseconds: all senders due by now are woken together, which costs less than a JDK timer for
 * every turn. Thread-safe.
 */
final class Pacer {
  private static final int SLOT_SHIFT = 14;
  private static final int SLOTS = 1 << 15;
  private static final long LOOKAHEAD_SLOTS = 2_048;

  /**
   * A shorter sleep would wake one sender at a time, and kernel timers are not that precise anyway.
   */
  private static final long LEAST_SLEEP_NANOS = 50_000;

  private final RunClock clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final @Nullable Turn[] wheel = new @Nullable Turn[SLOTS];
  private final Thread thread = Thread.ofPlatform().daemon().name("pacer").unstarted(this::run);

  /** Every slot up to this one has been handed out; guarded by the lock, like the next field. */
  private long position = -1;

  private long wakeSlot = Long.MAX_VALUE;
  private volatile boolean stopped;

  Pacer(RunClock clock) {
    this.clock = clock;
  }

  RunClock clock() {
    return clock;
  }

  void start() {
    thread.start();
  }

  /** Stops the thread; turns still waited for never come. */
  void stop() {
    stopped = true;
    LockSupport.unpark(thread);
  }

  /** Returns once this moment of the run has come; called by the thread that owns the turn. */
  void await(Turn turn, long nanos) throws InterruptedException {
    if (nanos > clock.now() && enter(turn, ((nanos - 1) >> SLOT_SHIFT) + 1)) {
      while (!turn.come) {
        LockSupport.park(this);
        if (Thread.interrupted()) {
          throw new InterruptedException("while waiting for a turn");
        }
      }
    }
  }

  /** Enters the turn into the wheel; false if its slot has been handed out in the meantime. */
  private boolean enter(Turn turn, long slot) {
    boolean isFirst;
    lock.lock();
    try {
      if (slot <= position) {
        return false;
      }
      turn.come = false;
      linkLocked(turn, slot);
      isFirst = slot < wakeSlot;
    } finally {
      lock.unlock();
    }
    if (isFirst) {
      LockSupport.unpark(thread);
    }
    return true;
  }

  private void linkLocked(Turn turn, long slot) {
    int index = (int) (slot & (SLOTS - 1));
    turn.slot = slot;
    turn.next = wheel[index];
    wheel[index] = turn;
  }

  private void run() {
    while (!stopped) {
      Turn due;
      long next;
      lock.lock();
      try {
        due = takeLocked(clock.now() >> SLOT_SHIFT);
        next = nextOccupiedLocked();
        wakeSlot = next;
      } finally {
        lock.unlock();
      }
      wake(due);
      LockSupport.parkNanos(this, Math.max(LEAST_SLEEP_NANOS, (next << SLOT_SHIFT) - clock.now()));
    }
  }

  /** Takes out all turns due by this slot. */
  private @Nullable Turn takeLocked(long upTo) {
    Turn due = null;
    long from = Math.max(position + 1, upTo - SLOTS + 1);
    for (long slot = from; slot <= upTo; slot++) {
      int index = (int) (slot & (SLOTS - 1));
      Turn turn = wheel[index];
      wheel[index] = null;
      while (turn != null) {
        Turn following = turn.next;
        if (turn.slot <= upTo) {
          turn.next = due;
          due = turn;
        } else {
          linkLocked(turn, turn.slot);
        }
        turn = following;
      }
    }
    position = Math.max(position, upTo);
    return due;
  }

  private long nextOccupiedLocked() {
    long slot = position + 1;
    long last = slot + LOOKAHEAD_SLOTS;
    while (slot < last && wheel[(int) (slot & (SLOTS - 1))] == null) {
      slot++;
    }
    return slot;
  }

  private static void wake(@Nullable Turn first) {
    Turn turn = first;
    while (turn != null) {
      Turn following = turn.next;
      turn.next = null;
      turn.come = true;
      LockSupport.unpark(turn.thread);
      turn = following;
    }
  }

  /** A sender's place in the wheel, reused for all its turns. */
  static final class Turn {
    private final Thread thread = Thread.currentThread();
    private @Nullable Turn next;
    private long slot;
    private volatile boolean come;
  }
}
