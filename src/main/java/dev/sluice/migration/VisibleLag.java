package dev.sluice.migration;

import dev.sluice.delivery.Delivery;
import dev.sluice.journal.Mark;
import dev.sluice.store.MirrorStore;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.WalStatus;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How long it takes from an ack until the reading can be read from QuestDB: not just until it is
 * written, but until the store has applied it.
 *
 * <p>A daemon thread notes the journal's end ten times a second; such a sample is done once
 * QuestDB's delivery has passed it and the store has applied what it had committed by then. The
 * figures are therefore accurate to a tenth of a second, plus the time of a request if the store is
 * remote. While QuestDB is not written there is no lag. Any thread may read the figures; reading
 * them never waits for the store.
 */
public final class VisibleLag implements AutoCloseable {
  static final Duration INTERVAL = Duration.ofMillis(100);
  private static final Logger LOG = LoggerFactory.getLogger(VisibleLag.class);
  private static final long WINDOW_NANOS = Duration.ofMinutes(1).toNanos();

  /**
   * The most pending samples; no more are taken beyond that, because the oldest are what matters.
   */
  private static final int MAX_WAITING = 600;

  private final Stores stores;
  private final LongSupplier nanoTime;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread =
      Thread.ofPlatform().daemon().name("visible-lag").unstarted(this::run);

  /** Guards the samples; never held while querying the store. */
  private final ReentrantLock samples = new ReentrantLock();

  /** Not passed by delivery yet, oldest first. */
  private final ArrayDeque<Sample> undelivered = new ArrayDeque<>();

  /** Delivered, not applied yet, oldest first. */
  private final ArrayDeque<Committed> unapplied = new ArrayDeque<>();

  /** Done within the last minute, oldest first. */
  private final ArrayDeque<Done> done = new ArrayDeque<>();

  private record Sample(Mark end, long nanos) {}

  private record Committed(long txn, long nanos) {}

  private record Done(long atNanos, long lagNanos) {}

  public VisibleLag(Stores stores) {
    this(stores, System::nanoTime);
  }

  public VisibleLag(Stores stores, LongSupplier nanoTime) {
    this.stores = stores;
    this.nanoTime = nanoTime;
  }

  /** Starts the sampling thread. */
  public void start() {
    thread.start();
  }

  /** The age of the oldest sample not visible yet; if there is none, the lag of the last one. */
  public Duration current() {
    samples.lock();
    try {
      Duration oldest = Duration.ofNanos(oldestAgeLocked(nanoTime.getAsLong()));
      return oldest.isZero() && !done.isEmpty()
          ? Duration.ofNanos(done.getLast().lagNanos())
          : oldest;
    } finally {
      samples.unlock();
    }
  }

  /** The 99th percentile over the last minute, including what is not visible yet. */
  public Duration p99() {
    samples.lock();
    try {
      long now = nanoTime.getAsLong();
      dropOldLocked(now);
      long[] lags =
          java.util.stream.LongStream.concat(
                  done.stream().mapToLong(Done::lagNanos),
                  java.util.stream.LongStream.concat(
                      unapplied.stream().mapToLong(sample -> now - sample.nanos()),
                      undelivered.stream().mapToLong(sample -> now - sample.nanos())))
              .toArray();
      Arrays.sort(lags);
      return lags.length == 0
          ? Duration.ZERO
          : Duration.ofNanos(lags[(int) Math.ceil(lags.length * 0.99) - 1]);
    } finally {
      samples.unlock();
    }
  }

  /** Stops the thread; the figures stay as they are. */
  @Override
  public void close() {
    stop.countDown();
  }

  private void run() {
    try {
      while (!stop.await(INTERVAL.toNanos(), TimeUnit.NANOSECONDS)) {
        sampleOrLog();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void sampleOrLog() {
    try {
      sample();
    } catch (RuntimeException e) {
      LOG.warn("The lag of QuestDB could not be sampled; retrying", e);
    }
  }

  /** Takes one sample and completes those that have become visible. */
  public void sample() {
    Sample now = new Sample(stores.journalEnd(), nanoTime.getAsLong());
    Pair pair = stores.pair().orElse(null);
    if (pair == null) {
      clear();
      return;
    }
    add(now);
    try {
      settle(pair.next().delivery(), pair.next().log());
    } catch (UnavailableException e) {
      // Nothing becomes visible while the store does not answer: the samples keep ageing.
      LOG.debug("QuestDB does not report how far it has applied its log", e);
    }
  }

  private void settle(Delivery delivery, MirrorStore store) throws UnavailableException {
    // In this order: whatever is delivered by now is committed by the time the store is asked.
    Mark reached = delivery.reached();
    WalStatus status = store.walStatus();
    samples.lock();
    try {
      // A recreated table counts its transactions from the beginning.
      unapplied.removeIf(sample -> sample.txn() > status.sequencerTxn());
      while (!undelivered.isEmpty() && undelivered.getFirst().end().reachedBy(reached)) {
        unapplied.add(new Committed(status.sequencerTxn(), undelivered.removeFirst().nanos()));
      }
      long now = nanoTime.getAsLong();
      while (!status.suspended()
          && !unapplied.isEmpty()
          && unapplied.getFirst().txn() <= status.writerTxn()) {
        done.add(new Done(now, now - unapplied.removeFirst().nanos()));
      }
      dropOldLocked(now);
    } finally {
      samples.unlock();
    }
  }

  private void add(Sample sample) {
    samples.lock();
    try {
      if (undelivered.size() + unapplied.size() < MAX_WAITING) {
        undelivered.add(sample);
      }
    } finally {
      samples.unlock();
    }
  }

  private void clear() {
    samples.lock();
    try {
      undelivered.clear();
      unapplied.clear();
      done.clear();
    } finally {
      samples.unlock();
    }
  }

  private long oldestAgeLocked(long now) {
    if (!unapplied.isEmpty()) {
      return now - unapplied.getFirst().nanos();
    }
    return undelivered.isEmpty() ? 0 : now - undelivered.getFirst().nanos();
  }

  private void dropOldLocked(long now) {
    while (done.size() > 1 && now - done.getFirst().atNanos() > WINDOW_NANOS) {
      done.removeFirst();
    }
  }
}
