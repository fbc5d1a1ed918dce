package dev.sluice.delivery;

import dev.sluice.journal.Feed;
import dev.sluice.journal.Mark;
import dev.sluice.journal.Progress;
import dev.sluice.journal.ReadResult;
import dev.sluice.reading.Counted;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.Sink;
import dev.sluice.store.WriteResult;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries the journal to one sink: reads a batch, writes it, moves the cursor, until stopped. One
 * platform thread of its own does all of it; the other methods may be called from anywhere.
 *
 * <p>Readings reach the store in journal order, at least once: a batch is written again until the
 * store has it, and after a crash from the cursor on. What the store refuses for good is found by
 * bisection and dead-lettered. A store that acknowledges before it syncs holds the cursor back for
 * the time it names, and is written again from the cursor on when it was away in between. Nothing
 * ends the loop but {@link #close()} or a broken invariant, which shows as {@link
 * DeliveryStatus.State#FAILED}.
 */
public final class Delivery implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Delivery.class);

  /** How often an idle loop looks whether it shall stop. */
  private static final Duration IDLE = Duration.ofMillis(100);

  private final Sink sink;
  private final Feed feed;
  private final CursorTrail trail;
  private final DeliveryConfig config;
  private final InstantSource clock;
  private final DeadLetters deadLetters;
  private final Backoff backoff;
  private final Thread thread;
  private final CountDownLatch stop = new CountDownLatch(1);

  /** Completed by the loop as the last thing it does; {@code join} outlasts an interrupt. */
  private final CompletableFuture<Void> over = new CompletableFuture<>();

  /**
   * What was settled when this object was made: conservation is reckoned from there. Whatever lies
   * between its offset and the journal's end has been accepted.
   */
  private final Progress atOpen;

  /** Held to wait for progress, and to tell of it when somebody waits. */
  private final ReentrantLock progressLock = new ReentrantLock();

  private final Condition progressed = progressLock.newCondition();

  /** How many wait for progress: nothing lingers meanwhile. */
  private final AtomicInteger waiting = new AtomicInteger();

  private final ReadingBatch batch = new ReadingBatch();
  private final HeldBack heldBack = new HeldBack();

  /** Nothing before this offset is held back, after the store did not take a batch at once. */
  private long holdFrom;

  /** No reading still unread came before, by {@link System#nanoTime}. Of the loop's thread. */
  private long unreadSince = System.nanoTime();

  /** Whether the last error is that of the cursor. Of the loop's thread. */
  private boolean cursorFailed;

  private volatile Snapshot latest;

  /** Written before the sink gets a batch, and never set back. */
  private volatile Mark handed;

  private volatile DeliveryStatus.State state = DeliveryStatus.State.RUNNING;
  private volatile String lastError = "";

  /**
   * @param position what is settled with the store, by count
   * @param offset where the feed is, by offset; the two must agree
   * @param reached the same as a mark
   * @param oldestMicros append time of the oldest reading being written, 0 when none is
   */
  private record Snapshot(Progress position, long offset, Mark reached, long oldestMicros) {}

  /**
   * Prepares the loop; {@link #start} runs it. Both at any time, appends going on or not.
   *
   * @param feed the sink's own way through the journal, which nothing else moves; closed when the
   *     loop ends
   */
  public Delivery(Sink sink, Feed feed, DeliveryConfig config, InstantSource clock) {
    this.sink = sink;
    this.feed = feed;
    this.trail = new CursorTrail(feed);
    this.config = config;
    this.clock = clock;
    this.deadLetters =
        new DeadLetters(config.deadLetterFile(), sink.name(), config.maxDeadLetterBytes());
    this.backoff = new Backoff(config.minBackoff(), config.maxBackoff());
    this.thread = Thread.ofPlatform().name("delivery-" + sink.name()).unstarted(this::runThenEnd);
    this.atOpen = feed.kept();
    this.handed = feed.given();
    this.latest = new Snapshot(atOpen, atOpen.offset(), feed.mark(atOpen.offset()), 0);
  }

  public void start() {
    thread.start();
  }

  /**
   * Waits until everything before this mark is settled with the store, the time is over, or the
   * loop has ended. Batches do not linger meanwhile. A store that is away or behind is waited for
   * with the usual pauses.
   *
   * @return whether it is settled
   */
  public boolean awaitReached(Mark mark, Duration timeout) throws InterruptedException {
    long nanos = timeout.toNanos();
    progressLock.lockInterruptibly();
    try {
      waiting.incrementAndGet();
      feed.wake();
      while (!mark.reachedBy(latest.reached()) && !ended() && nanos > 0) {
        nanos = progressed.awaitNanos(nanos);
      }
      return mark.reachedBy(latest.reached());
    } finally {
      waiting.decrementAndGet();
      progressLock.unlock();
    }
  }

  /** Offset at which this sink's cursor began: what is older never came this way. */
  public long origin() {
    return atOpen.origin();
  }

  /** Everything before this is settled with the store, if not yet durably. */
  public Mark reached() {
    return latest.reached();
  }

  /** Everything before this is settled with the store, durably; {@link #reached} reaches it. */
  public Mark kept() {
    return feed.mark(feed.kept().offset());
  }

  /** The sink has been given nothing at or after this mark by this loop. */
  public Mark handed() {
    return handed;
  }

  /** Lets the write in flight end, then ends the loop. The sink and the journal stay open. */
  @Override
  public void close() {
    stop.countDown();
    feed.wake();
    if (thread.isAlive()) {
      over.join();
    } else if (thread.getState() == Thread.State.NEW) {
      feed.close();
    }
  }

  /** Where the readings are listed that the store refused for good. */
  public Path deadLetterFile() {
    return config.deadLetterFile();
  }

  public String sinkName() {
    return sink.name();
  }

  /** A consistent snapshot; cheap enough for every scrape. */
  public DeliveryStatus status() {
    Snapshot now = latest;
    long end = feed.end();
    Progress position = now.position();
    long backlog = end - now.offset();
    long settled =
        position.delivered()
            - atOpen.delivered()
            + position.deadLettered()
            - atOpen.deadLettered()
            + position.lost()
            - atOpen.lost();
    return new DeliveryStatus(
        state,
        feed.kept().offset(),
        backlog,
        backlog == 0 || now.oldestMicros() == 0 ? 0 : secondsSince(now.oldestMicros()),
        position.delivered(),
        position.deadLettered(),
        position.lost(),
        lastError,
        end - atOpen.offset() - settled - backlog);
  }

  private void runThenEnd() {
    try {
      run();
    } finally {
      over.complete(null);
    }
  }

  private void run() {
    try (feed) {
      while (!stopping()) {
        step();
      }
      persist();
      state = DeliveryStatus.State.STOPPED;
    } catch (RuntimeException | Error e) {
      state = DeliveryStatus.State.FAILED;
      lastError = "delivery to " + sink.name() + " ended: " + e;
      LOG.error("Delivery to {} ended; restart Sluice to continue from the cursor", sink.name(), e);
    } finally {
      tellWaiting();
    }
  }

  private boolean ended() {
    return state == DeliveryStatus.State.STOPPED || state == DeliveryStatus.State.FAILED;
  }

  private void step() {
    persist();
    if (!awaitBatch()) {
      return;
    }
    ReadResult result;
    unreadSince = System.nanoTime();
    try {
      result = feed.read(batch, sink.maxBatch() - heldBack.size());
    } catch (IOException e) {
      pause("reading the journal failed: " + e);
      return;
    }
    switch (result) {
      case ReadResult.Empty() -> goesOn();
      case ReadResult.Lost lost when heldBack.size() > 0 -> readAgain(lost.fromOffset());
      case ReadResult.Lost(long from, long to) -> {
        publish(latest.position().plusLost(to - from), to, 0);
        lastError = "readings " + from + ".." + (to - 1) + " are lost from the journal";
        persist();
      }
      case ReadResult.Filled(long appendedMicros) when holdsBack() ->
          deliverInTimeOrder(appendedMicros);
      case ReadResult.Filled(long appendedMicros) -> deliver(appendedMicros);
    }
  }

  /** False when there is nothing to read yet; otherwise the batch has had its time to fill. */
  private boolean awaitBatch() {
    try {
      if (!feed.await(1, Duration.ZERO, this::stopping)) {
        if (!feed.await(1, IDLE, this::stopping)) {
          return false;
        }
        unreadSince = System.nanoTime();
      }
      feed.await(
          sink.maxBatch(),
          config.linger().minusNanos(System.nanoTime() - unreadSince),
          () -> waiting.get() > 0 || stopping());
      return true;
    } catch (InterruptedException e) {
      throw new AssertionError("unexpected interrupt of " + Thread.currentThread().getName(), e);
    }
  }

  private void deliver(long appendedMicros) {
    publish(latest.position(), batch.firstOffset(), appendedMicros);
    handed = handed.and(feed.given());
    if (settle(batch)) {
      publish(latest.position(), batch.nextOffset(), 0);
      persist();
    } else {
      // Stopping, or the store may have lost what it had not synced: go on from the cursor.
      persist();
      Progress durable = trail.rewind();
      publish(durable, durable.offset(), appendedMicros);
    }
  }

  private boolean holdsBack() {
    return sink.keepsTimeOrder() && batch.firstOffset() >= holdFrom;
  }

  /**
   * Writes the batch and what waited for it, except for the readings that wait now. If the store
   * does not take that, all of it is read again and delivered in the order of the journal.
   */
  private void deliverInTimeOrder(long appendedMicros) {
    long next = batch.nextOffset();
    publish(
        latest.position(),
        latest.offset(),
        heldBack.size() > 0 ? heldBack.appendedMicros() : appendedMicros);
    handed = handed.and(feed.given());
    boolean more = feed.end() - next >= sink.maxBatch() && waiting.get() == 0 && !stopping();
    heldBack.exchange(batch, more ? sink.maxBatch() / 2 : 0, appendedMicros);
    if (!(write(batch) instanceof WriteResult.Written(Duration durableAfter))) {
      readAgain(next);
      return;
    }
    goesOn();
    long settled = heldBack.size() > 0 ? heldBack.from() : next;
    Progress position = latest.position().plusDelivered(settled - latest.offset());
    publish(position, settled, heldBack.size() > 0 ? heldBack.appendedMicros() : 0);
    trail.written(position, durableAfter);
    persist();
  }

  /** Goes back to the cursor, and holds nothing back up to this offset. */
  private void readAgain(long until) {
    holdFrom = until;
    heldBack.forget();
    persist();
    Progress durable = trail.rewind();
    publish(durable, durable.offset(), latest.oldestMicros());
  }

  /**
   * Writes the readings, bisecting what is refused.
   *
   * @return false when the readings were not settled and shall be read again from the cursor
   */
  private boolean settle(ReadingBatch part) {
    while (true) {
      switch (write(part)) {
        case WriteResult.Written(Duration durableAfter) -> {
          delivered(part, durableAfter);
          return true;
        }
        case WriteResult.Refused(String reason) when part.size() == 1 -> {
          if (deadLetter(part, reason)) {
            return true;
          }
        }
        case WriteResult.Refused(String reason) -> {
          int middle = part.size() / 2;
          return settle(part.part(0, middle)) && settle(part.part(middle, part.size()));
        }
        case WriteResult.Unavailable(String reason) -> {
          pause(reason);
          if (trail.holdsBack()) {
            return false;
          }
        }
        case WriteResult.Busy(String reason) -> pause(reason);
      }
      if (stopping()) {
        return false;
      }
    }
  }

  private WriteResult write(ReadingBatch part) {
    try {
      return sink.write(part);
    } catch (RuntimeException e) {
      if (state != DeliveryStatus.State.RETRYING) {
        LOG.error(
            "Sink {} failed unexpectedly on {}",
            sink.name(),
            Counted.of(part.size(), "reading"),
            e);
      }
      return new WriteResult.Unavailable("unexpected failure: " + e);
    }
  }

  private void delivered(ReadingBatch part, Duration durableAfter) {
    goesOn();
    Progress position = latest.position().plusDelivered(part.size());
    publish(position, part.nextOffset(), latest.oldestMicros());
    trail.written(position, durableAfter);
  }

  private void goesOn() {
    if (state == DeliveryStatus.State.RETRYING) {
      LOG.info("Delivery to {} continues", sink.name());
      lastError = "";
    }
    state = DeliveryStatus.State.RUNNING;
    backoff.reset();
  }

  private boolean deadLetter(ReadingBatch one, String reason) {
    try {
      deadLetters.write(one, 0, reason, clock.instant());
    } catch (IOException e) {
      pause("writing a dead letter to " + config.deadLetterFile() + " failed: " + e);
      return false;
    }
    goesOn();
    lastError = "refused permanently: " + reason;
    Progress position = latest.position().plusDeadLettered(1);
    publish(position, one.nextOffset(), latest.oldestMicros());
    trail.passed(position);
    return true;
  }

  private void persist() {
    try {
      trail.advance(latest.position());
      if (cursorFailed) {
        cursorFailed = false;
        lastError = "";
      }
    } catch (IOException e) {
      // The store has the readings; only a replay gets longer. The next step tries again.
      String problem = "the cursor of " + sink.name() + " could not be written: " + e;
      if (!problem.equals(lastError)) {
        LOG.warn("The cursor of {} could not be written", sink.name(), e);
      }
      lastError = problem;
      cursorFailed = true;
    }
  }

  private void pause(String reason) {
    if (state != DeliveryStatus.State.RETRYING) {
      LOG.warn("Delivery to {} is waiting to retry: {}", sink.name(), reason);
    }
    state = DeliveryStatus.State.RETRYING;
    lastError = reason;
    try {
      stop.await(backoff.next().toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      throw new AssertionError("unexpected interrupt of " + Thread.currentThread().getName(), e);
    }
  }

  private void publish(Progress position, long offset, long oldestMicros) {
    latest = new Snapshot(position, offset, feed.mark(offset), oldestMicros);
    if (waiting.get() > 0) {
      tellWaiting();
    }
  }

  private void tellWaiting() {
    progressLock.lock();
    try {
      progressed.signalAll();
    } finally {
      progressLock.unlock();
    }
  }

  private boolean stopping() {
    return stop.getCount() == 0;
  }

  /** Never negative: the clock may have been set back since. */
  private double secondsSince(long micros) {
    return Math.max(0, Math.multiplyExact(clock.millis(), 1_000) - micros) / 1e6;
  }
}
