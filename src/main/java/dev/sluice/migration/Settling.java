package dev.sluice.migration;

import dev.sluice.delivery.Delivery;
import dev.sluice.migration.Pulse.CancelledException;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.WalStatus;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Waits until both stores hold and show everything acknowledged before now: only then does a
 * difference between them count. Polls instead of blocking, so that the wait can be cancelled.
 */
public final class Settling {
  private static final Duration LOOK = Duration.ofMillis(5);

  /** How long to wait for a delivery before checking for cancellation. */
  private static final Duration SLICE = Duration.ofMillis(100);

  private final Pair pair;
  private final LongSupplier journalEnd;
  private final Duration timeout;
  private final String setting;
  private final Pulse pulse;

  public Settling(Pair pair, LongSupplier journalEnd, Duration timeout, Pulse pulse) {
    this(pair, journalEnd, timeout, " (verify.settle-timeout)", pulse);
  }

  private Settling(
      Pair pair, LongSupplier journalEnd, Duration timeout, String setting, Pulse pulse) {
    this.pair = pair;
    this.journalEnd = journalEnd;
    this.timeout = timeout;
    this.setting = setting;
    this.pulse = pulse;
  }

  /** The same wait with a shorter limit, for use while another thread is held up. */
  public Settling atMost(Duration shorter) {
    return shorter.compareTo(timeout) < 0
        ? new Settling(pair, journalEnd, shorter, "", pulse)
        : this;
  }

  /** A store did not catch up in time. */
  public static final class UnsettledException extends UnfinishedException {
    private static final long serialVersionUID = 1;

    public UnsettledException(String message) {
      super(message);
    }
  }

  /** Waits for everything that is in the journal at this moment. */
  public void await() throws UnsettledException, UnavailableException, CancelledException {
    long offset = journalEnd.getAsLong();
    long deadline = deadline();
    awaitPosition(pair.legacy().delivery(), offset, deadline);
    awaitPosition(pair.next().delivery(), offset, deadline);
    awaitApplied(deadline);
  }

  /**
   * Waits until MySQL has everything the chunk needs: what QuestDB had before the chunk was opened.
   */
  public void awaitMysql(MirrorSink.Chunk chunk) throws UnsettledException, CancelledException {
    awaitPosition(pair.legacy().delivery(), chunk.mysqlNeeds(), deadline());
  }

  /** Waits until QuestDB shows everything committed before now. */
  public void awaitApplied() throws UnsettledException, UnavailableException, CancelledException {
    awaitApplied(deadline());
  }

  private long deadline() {
    return System.nanoTime() + timeout.toNanos();
  }

  private void awaitPosition(Delivery delivery, long offset, long deadlineNanos)
      throws UnsettledException, CancelledException {
    while (!settled(delivery, offset)) {
      pause(
          deadlineNanos,
          "%s has what was acknowledged up to offset %s, not up to %s%s"
              .formatted(delivery.sinkName(), delivery.position(), offset, lastError(delivery)));
    }
  }

  /** Hurries the delivery too: its batches do not linger while a caller waits. */
  private static boolean settled(Delivery delivery, long offset) throws CancelledException {
    try {
      return delivery.awaitSettled(offset, SLICE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException();
    }
  }

  private void awaitApplied(long deadlineNanos)
      throws UnsettledException, UnavailableException, CancelledException {
    long txn = pair.next().log().walStatus().sequencerTxn();
    for (WalStatus now = pair.next().log().walStatus();
        now.writerTxn() < txn;
        now = pair.next().log().walStatus()) {
      pause(
          deadlineNanos,
          "questdb has applied transaction "
              + now.writerTxn()
              + " of "
              + txn
              + (now.suspended() ? ", its table is suspended: " + now.error() : ""));
    }
  }

  private void pause(long deadlineNanos, String why) throws UnsettledException, CancelledException {
    if (System.nanoTime() - deadlineNanos > 0) {
      throw new UnsettledException(
          "%s, after %s ms%s: wait until it has caught up, then start again"
              .formatted(why, timeout.toMillis(), setting));
    }
    pulse.beat(0);
    try {
      Thread.sleep(LOOK);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException();
    }
  }

  private static String lastError(Delivery delivery) {
    String error = delivery.status().trouble();
    return error.isEmpty() ? "" : " (" + error + ")";
  }
}
