package dev.sluice.http.limit;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The numbers kept of one client. They share a cache line or two with each other, which one request
 * changes together anyway, and with no other client's: there are 64 bytes and more of padding on
 * both sides. Thread-safe, without a lock.
 */
final class Cells {
  /** Theoretical arrival times of {@link Gcra}. */
  static final int READINGS = 8;

  static final int BYTES = 9;
  static final int FAILED_TOKENS = 10;

  /** What the client holds now. */
  static final int REQUESTS = 11;

  static final int BODY_BYTES = 12;
  static final int PAGE_BYTES = 13;

  /** How often it was refused. */
  static final int REFUSALS = 14;

  private static final int LENGTH = 24;
  private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(long[].class);

  private final long[] cells = new long[LENGTH];

  long get(int cell) {
    return (long) CELL.getVolatile(cells, cell);
  }

  boolean compareAndSet(int cell, long expected, long next) {
    return CELL.compareAndSet(cells, cell, expected, next);
  }

  /** Adds and returns what there is then. */
  long add(int cell, long amount) {
    return (long) CELL.getAndAdd(cells, cell, amount) + amount;
  }

  /**
   * Adds {@code amount} unless that would exceed {@code most}. A holder that holds all there is,
   * and so is alone, may exceed it. What does not fit is never counted, not even briefly.
   *
   * @param held what the caller has of it already
   */
  boolean take(int cell, long amount, long held, long most) {
    while (true) {
      long now = get(cell);
      if (now + amount > most && now != held) {
        return false;
      }
      if (compareAndSet(cell, now, now + amount)) {
        return true;
      }
    }
  }

  /** Gives back what was taken. */
  void give(int cell, long amount) {
    long left = add(cell, -amount);
    if (left < 0) {
      throw new AssertionError("gave back " + -left + " more than was taken");
    }
  }
}
