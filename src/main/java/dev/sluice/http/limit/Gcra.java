package dev.sluice.http.limit;

import java.util.concurrent.TimeUnit;

/**
 * The generic cell rate algorithm (ITU-T I.371, annex A, in its form of virtual scheduling), for
 * amounts in the place of single cells. All that is kept of a client is its <em>theoretical arrival
 * time</em>: when everything that has passed would have arrived at exactly the rate. What comes
 * while that is less than a second ahead passes, whatever its size, and moves it on by the time
 * that its amount is worth at the rate.
 *
 * <p>So a client may send a second's worth at once, and a request larger than that passes too, but
 * the client then waits for as long as all of it is worth. As the size of a request does not decide
 * whether it passes, the wait can be told before the request is read, and it is exact: a client
 * that waits so long and sends nothing else passes.
 *
 * <p>A cost is rounded up to whole nanoseconds, so the rate is never exceeded. Immutable; the times
 * are in the caller's {@link Cells}. A pass is one compare-and-set.
 */
final class Gcra {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final long perSecond;

  /**
   * @param perSecond the rate, at least 1
   */
  Gcra(long perSecond) {
    if (perSecond < 1) {
      throw new IllegalArgumentException("the rate is " + perSecond + ", allowed is at least 1");
    }
    this.perSecond = perSecond;
  }

  long perSecond() {
    return perSecond;
  }

  /**
   * Nanoseconds until something passes again; 0 if it would now.
   *
   * @param nowNanos never negative, and from one clock for one cell
   */
  long waitNanos(Cells cells, int cell, long nowNanos) {
    return waitNanos(cells.get(cell), nowNanos);
  }

  /**
   * Lets {@code amount} pass, or not.
   *
   * @return 0 if it has passed, else nanoseconds until it would, and nothing has changed
   */
  long pass(Cells cells, int cell, long nowNanos, long amount) {
    long cost = cost(amount);
    while (true) {
      long arrival = cells.get(cell);
      long wait = waitNanos(arrival, nowNanos);
      if (wait > 0) {
        return wait;
      }
      if (cells.compareAndSet(cell, arrival, Math.max(arrival, nowNanos) + cost)) {
        return 0;
      }
    }
  }

  /** How much more has passed by now than the rate allows; 0 if not more. */
  long ahead(Cells cells, int cell, long nowNanos) {
    double seconds = Math.max(0, cells.get(cell) - nowNanos) / (double) SECOND;
    return Math.round(seconds * perSecond);
  }

  private static long waitNanos(long arrival, long nowNanos) {
    return Math.max(0, arrival - nowNanos - SECOND + 1);
  }

  private long cost(long amount) {
    return Math.ceilDiv(amount * SECOND, perSecond);
  }
}
