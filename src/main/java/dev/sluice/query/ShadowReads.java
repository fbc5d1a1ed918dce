package dev.sluice.query;

import dev.sluice.query.PageDigest.Value;
import dev.sluice.reading.Counted;
import dev.sluice.store.ReadingQuery;
import dev.sluice.store.ReadingSource;
import dev.sluice.store.ReadingSource.UnavailableException;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a share of reads against the other store too, once they are answered, and compares the
 * results. Uses its own virtual threads, few at a time; a read that finds no free slot is skipped
 * and counted. Thread-safe.
 *
 * <p>Under live traffic two results may differ although the stores agree: one is read later, or
 * lags. So a difference counts only if both stores, having everything acknowledged in between,
 * return the same as before: then nothing arrived that could explain it.
 */
public final class ShadowReads implements ShadowTally {
  /** The most at a time: they must leave the stores' connections to reads that clients wait for. */
  static final int MOST = 2;

  private static final Logger LOG = LoggerFactory.getLogger(ShadowReads.class);

  /** How often both stores are read again before a page that keeps changing is abandoned. */
  private static final int ROUNDS = 3;

  private static final long BETWEEN_LOGS_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final double share;
  private final BothStores stores;
  private final Semaphore room = new Semaphore(MOST);
  private final LongAdder compared = new LongAdder();
  private final LongAdder different = new LongAdder();
  private final LongAdder skipped = new LongAdder();
  private final AtomicLong nextLog = new AtomicLong(System.nanoTime());

  /** The two stores whose results are compared. Thread-safe. */
  public interface BothStores {
    /** The store other than the one that answered; empty while there is none. */
    Optional<ReadingSource> other(ReadingSource answered);

    /**
     * Waits until both show everything acknowledged before the call.
     *
     * @return false if they do not in time
     */
    boolean awaitCaughtUp() throws InterruptedException;
  }

  /** Two results of one query. */
  private record Answers(Value answered, Value other) {
    boolean agree() {
      return answered.equals(other);
    }
  }

  /**
   * Compares nothing yet.
   *
   * @param share of reads to run against the other store too, 0..1
   */
  public ShadowReads(double share, BothStores stores) {
    this.share = share;
    this.stores = stores;
  }

  @Override
  public ShadowCounts counts() {
    return new ShadowCounts(share, compared.sum(), different.sum(), skipped.sum());
  }

  /** Decides at random whether this read is one of the share. */
  public boolean draw() {
    return share > 0 && ThreadLocalRandom.current().nextDouble() < share;
  }

  /** Compares a result that has been sent; returns immediately. */
  public void compare(ReadingQuery query, ReadingSource source, PageDigest digest) {
    Value answered = digest.value();
    if (!room.tryAcquire()) {
      skipped.increment();
      return;
    }
    Thread.ofVirtual().name("shadow-read").start(() -> run(query, source, answered));
  }

  private void run(ReadingQuery query, ReadingSource source, Value answered) {
    try {
      Optional<ReadingSource> other = stores.other(source);
      if (other.isEmpty() || !settled(query, source, other.orElseThrow(), answered)) {
        skipped.increment();
      }
    } catch (UnavailableException | RuntimeException e) {
      // Delivery reports an unavailable store; one closed by a phase change is fine.
      LOG.debug("A shadow read of {} did not finish", query, e);
      skipped.increment();
    } catch (InterruptedException e) {
      throw new AssertionError("unexpected interrupt of a shadow read", e);
    } finally {
      room.release();
    }
  }

  /** Returns false if the results kept changing, or the stores did not catch up in time. */
  private boolean settled(
      ReadingQuery query, ReadingSource source, ReadingSource other, Value answered)
      throws UnavailableException, InterruptedException {
    Answers last = new Answers(answered, read(other, query));
    for (int i = 0; !last.agree(); i++) {
      if (i == ROUNDS || !stores.awaitCaughtUp()) {
        return false;
      }
      Answers again = new Answers(read(source, query), read(other, query));
      if (again.equals(last)) {
        different.increment();
        log(query, source, other, last);
        break;
      }
      last = again;
    }
    compared.increment();
    return true;
  }

  private static Value read(ReadingSource source, ReadingQuery query) throws UnavailableException {
    PageDigest digest = new PageDigest();
    source.read(query, digest);
    return digest.value();
  }

  private void log(ReadingQuery query, ReadingSource source, ReadingSource other, Answers seen) {
    long now = System.nanoTime();
    long next = nextLog.get();
    if (now - next < 0 || !nextLog.compareAndSet(next, now + BETWEEN_LOGS_NANOS)) {
      return;
    }
    LOG.warn(
        "The stores differ ({} so far): {} has {} and {} has {} for {}; run sluice verify to find"
            + " which",
        Counted.of(different.sum(), "read"),
        source.name(),
        Counted.of(seen.answered().rows(), "reading"),
        other.name(),
        seen.other().rows(),
        query);
  }
}
