package dev.sluice.query;

import dev.sluice.store.ReadingSource;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Which store is read, and the flip from one to the other. Any thread may call {@link #acquire} and
 * {@link #stands}, which take no lock; only the one phase change under way holds reads.
 *
 * <p>While a flip holds reads, new ones wait. Those in flight are neither waited for nor cut off: a
 * hanging store must not block the flip away from it. What they read may be newer than what the
 * flip waits for, though, so it no longer counts ({@link #stands}) and is read again from the store
 * that is read next. So no client sees a reading before the flip and misses it afterwards.
 */
public final class Reads {
  /** How much longer than the longest flip a held read waits: keeping the record takes time too. */
  private static final Duration MARGIN = Duration.ofSeconds(1);

  private final Duration maxWait;
  private volatile State state;

  /**
   * A store to read now.
   *
   * @param turn changes when reads are held: what was read in an earlier turn does not count
   */
  public record Lease(ReadingSource source, long turn) {}

  private record State(ReadingSource source, long turn, @Nullable CountDownLatch held) {}

  /**
   * Starts with reads not held.
   *
   * @param initial the store that the phase in force reads
   * @param longestFlip {@code cutover.timeout}
   */
  public Reads(ReadingSource initial, Duration longestFlip) {
    this.maxWait = longestFlip.plus(MARGIN);
    this.state = new State(initial, 0, null);
  }

  /**
   * The store to read; waits while reads are held.
   *
   * @return empty if they were held for longer than a flip may take, or the thread was interrupted
   */
  public Optional<Lease> acquire() {
    long deadline = System.nanoTime() + maxWait.toNanos();
    while (true) {
      State now = state;
      CountDownLatch held = now.held();
      if (held == null) {
        return Optional.of(new Lease(now.source(), now.turn()));
      }
      try {
        if (!held.await(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
          return Optional.empty();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return Optional.empty();
      }
    }
  }

  /** Whether what was read under this lease may be returned; if not, read it again. */
  public boolean stands(Lease lease) {
    return state.turn() == lease.turn();
  }

  /** Name of the store that is read. */
  public String sourceName() {
    return state.source().name();
  }

  /** Replaces the source with another object that reads the same store; never during a hold. */
  public void replace(ReadingSource source) {
    State now = state;
    if (now.held() != null) {
      throw new AssertionError("the source is replaced while a flip holds reads");
    }
    state = new State(source, now.turn() + 1, null);
  }

  /** Makes new reads wait until the hold is closed. */
  public Hold hold() {
    State now = state;
    if (now.held() != null) {
      throw new AssertionError("reads are held by two flips at once");
    }
    CountDownLatch held = new CountDownLatch(1);
    state = new State(now.source(), now.turn() + 1, held);
    return new Hold(now.source(), held);
  }

  /** A hold on reads. Confined to the thread of the phase change. */
  public final class Hold implements AutoCloseable {
    private final CountDownLatch held;
    private ReadingSource next;

    private Hold(ReadingSource now, CountDownLatch held) {
      this.next = now;
      this.held = held;
    }

    /** Sets the store that is read once the hold is released. */
    public void switchTo(ReadingSource source) {
      next = source;
    }

    /** Lets the waiting reads continue. */
    @Override
    public void close() {
      state = new State(next, state.turn(), null);
      held.countDown();
    }
  }
}
