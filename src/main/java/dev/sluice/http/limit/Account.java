package dev.sluice.http.limit;

import dev.sluice.reading.Counted;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What one client has done and holds, against its limits. A request enters, debits what it turns
 * out to be, holds memory, and leaves; what it takes here it gives back to the same account, even
 * if the client has another by then. Thread-safe; without limits, no method does anything.
 *
 * <p>Methods that let something pass return null if they do. A refusal changes nothing but the
 * counts of refusals.
 */
public final class Account {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  /** Other requests of the same client end soon, or nobody knows when. */
  private static final int SOON_SECONDS = 1;

  /** As long as a store's own readers are waited for. */
  private static final Duration READ_PATIENCE = Duration.ofSeconds(5);

  private static final int NOT_ALONE = -1;

  /** Of a client that may do whatever it likes. */
  public static final Account UNLIMITED =
      new Account("", LimitsConfig.NONE, new LimitCounters(), System::nanoTime, null);

  private final String name;
  private final @Nullable Gcra readings;
  private final @Nullable Gcra bytes;
  private final int mostRequests;
  private final double inflightShare;
  private final double readShare;
  private final Cells cells;
  private final ReadTurns turns;
  private final LimitCounters counters;
  private final LongSupplier nanoTime;

  /**
   * @param name how the client is called in refusals; empty for an address
   * @param nanoTime never negative, and the same clock for all accounts of one client
   * @param before the client's account until now, whose state is shared; null if it is new
   */
  Account(
      String name,
      LimitsConfig limits,
      LimitCounters counters,
      LongSupplier nanoTime,
      @Nullable Account before) {
    this.name = name;
    this.readings = rate(limits.readingsPerSecond());
    this.bytes = rate(limits.bytesPerSecond());
    this.mostRequests = limits.concurrentRequests();
    this.inflightShare = limits.inflightShare();
    this.readShare = limits.readShare();
    this.counters = counters;
    this.nanoTime = nanoTime;
    this.cells = before == null ? new Cells() : before.cells;
    this.turns = before == null ? new ReadTurns() : before.turns;
  }

  private static @Nullable Gcra rate(long perSecond) {
    return perSecond == 0 ? null : new Gcra(perSecond);
  }

  /** Enters with readings that are not read yet; if it passes, {@link #leave} must follow. */
  public @Nullable OverLimit tryWrite() {
    OverLimit ahead = readings == null && bytes == null ? null : ahead(nanoTime.getAsLong());
    return ahead == null ? tryRead() : ahead;
  }

  /** Enters with a read; if it passes, {@link #leave} must follow. */
  public @Nullable OverLimit tryRead() {
    if (mostRequests == 0 || cells.take(Cells.REQUESTS, 1, NOT_ALONE, mostRequests)) {
      return null;
    }
    return over(
        Limit.CONCURRENT_REQUESTS,
        SOON_SECONDS,
        "has %s in progress, allowed at the same time are %s"
            .formatted(Counted.of(cells.get(Cells.REQUESTS), "request"), mostRequests));
  }

  /** Leaves after a successful {@link #tryWrite} or {@link #tryRead}. */
  public void leave() {
    if (mostRequests > 0) {
      cells.give(Cells.REQUESTS, 1);
    }
  }

  /** Debits the bytes of a decoded body. */
  public @Nullable OverLimit passBytes(long count) {
    return pass(bytes, Cells.BYTES, count);
  }

  /** Debits readings that are about to be kept. */
  public @Nullable OverLimit passReadings(long count) {
    return pass(readings, Cells.READINGS, count);
  }

  /**
   * Takes memory for a request; if it passes, {@link #giveBody} must follow. A client with one
   * request may have as much for it as a client alone, because it would be refused forever
   * otherwise.
   *
   * @param held what this request has already
   * @param limit what all clients may hold together
   */
  public @Nullable OverLimit tryBody(long count, long held, long limit) {
    if (!LimitsConfig.limits(inflightShare)) {
      return null;
    }
    long most = (long) (inflightShare * limit);
    return cells.take(Cells.BODY_BYTES, count, held, most)
        ? null
        : over(
            Limit.INFLIGHT_SHARE,
            SOON_SECONDS,
            "has requests in progress that hold %s bytes of memory, allowed are %s"
                .formatted(cells.get(Cells.BODY_BYTES), most));
  }

  /** Gives back memory taken with {@link #tryBody}. */
  public void giveBody(long count) {
    if (LimitsConfig.limits(inflightShare)) {
      cells.give(Cells.BODY_BYTES, count);
    }
  }

  /** As {@link #tryBody}, for the answer to a read. */
  public @Nullable OverLimit tryPage(long count, long held, long limit) {
    if (!LimitsConfig.limits(readShare)) {
      return null;
    }
    long most = (long) (readShare * limit);
    return cells.take(Cells.PAGE_BYTES, count, held, most)
        ? null
        : over(
            Limit.READ_SHARE,
            SOON_SECONDS,
            "has answers in memory of %s bytes, allowed are %s"
                .formatted(cells.get(Cells.PAGE_BYTES), most));
  }

  /** Gives back memory taken with {@link #tryPage}. */
  public void givePage(long count) {
    if (LimitsConfig.limits(readShare)) {
      cells.give(Cells.PAGE_BYTES, count);
    }
  }

  /**
   * Waits for one of the client's turns to be answered by a store; if it passes, {@link
   * #leaveReader} must follow.
   *
   * @param readers how many reads the store answers at the same time; one of them is always allowed
   */
  public @Nullable OverLimit enterReader(int readers) {
    if (!LimitsConfig.limits(readShare)) {
      return null;
    }
    int most = Math.max(1, (int) (readShare * readers));
    return turns.enter(most, READ_PATIENCE)
        ? null
        : over(
            Limit.READ_SHARE,
            SOON_SECONDS,
            "already has %s in progress, all that it may, and none ended within %s s"
                .formatted(Counted.of(most, "read"), READ_PATIENCE.toSeconds()));
  }

  /** Leaves after a successful {@link #enterReader}. */
  public void leaveReader() {
    if (LimitsConfig.limits(readShare)) {
      turns.leave();
    }
  }

  /** Requests of this client refused since it was first known. */
  long refusals() {
    return cells.get(Cells.REFUSALS);
  }

  String name() {
    return name;
  }

  /** Nanoseconds until one more failed token passes; 0 if this one has. */
  long passFailedToken(Gcra rate) {
    return rate.pass(cells, Cells.FAILED_TOKENS, nanoTime.getAsLong(), 1);
  }

  private @Nullable OverLimit pass(@Nullable Gcra rate, int cell, long count) {
    if (rate == null) {
      return null;
    }
    long now = nanoTime.getAsLong();
    return rate.pass(cells, cell, now, count) == 0 ? null : ahead(now);
  }

  /** Of the rates that the client is ahead of, the one that takes longer; null if there is none. */
  private @Nullable OverLimit ahead(long now) {
    long readingsWait = readings == null ? 0 : readings.waitNanos(cells, Cells.READINGS, now);
    long bytesWait = bytes == null ? 0 : bytes.waitNanos(cells, Cells.BYTES, now);
    if (readings != null && readingsWait > 0 && readingsWait >= bytesWait) {
      long more = readings.ahead(cells, Cells.READINGS, now);
      return ahead(Limit.READINGS_PER_SECOND, readingsWait, more, "readings", readings);
    }
    if (bytes != null && bytesWait > 0) {
      long more = bytes.ahead(cells, Cells.BYTES, now);
      return ahead(Limit.BYTES_PER_SECOND, bytesWait, more, "bytes", bytes);
    }
    return null;
  }

  private OverLimit ahead(Limit limit, long waitNanos, long more, String unit, Gcra rate) {
    return over(
        limit,
        seconds(waitNanos),
        "has sent %s %s more than its %s a second allow by now"
            .formatted(more, unit, rate.perSecond()));
  }

  private OverLimit over(Limit limit, int retrySeconds, String observed) {
    counters.add(limit);
    cells.add(Cells.REFUSALS, 1);
    String who = name.isEmpty() ? "this address " : "client " + name + " ";
    return new OverLimit(limit, retrySeconds, who + observed + " (" + limit.key() + ")");
  }

  /** Whole seconds, rounded up, at least 1. */
  static int seconds(long nanos) {
    return Math.clamp(Math.ceilDiv(nanos, SECOND), 1, Integer.MAX_VALUE);
  }
}
