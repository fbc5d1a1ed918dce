package dev.sluice.query;

import dev.sluice.store.ReadingSource;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Which store is read, and the flip from one to the other. Any thread may call {@link #acquire} and
 * {@link #stands}, which take no lock; only the one phase change under way holds reads, and in a
 * cluster whoever follows the changes of others.
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
  private final Peers peers;
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
    this(initial, longestFlip, Peers.NONE);
  }

  /**
   * Like {@link #Reads(ReadingSource, Duration)}, where other processes answer reads too.
   *
   * @param peers asked before each read, and made to hold theirs along
   */
  public Reads(ReadingSource initial, Duration longestFlip, Peers peers) {
    this.peers = peers;
    this.maxWait = longestFlip.plus(MARGIN);
    this.state = new State(initial, 0, null);
  }

  /**
   * The store to read; waits while reads are held.
   *
   * @return empty if there is none to read now, as {@link #refusal} says; or the thread was
   *     interrupted
   */
  public Optional<Lease> acquire() {
    long deadline = System.nanoTime() + maxWait.toNanos();
    while (true) {
      if (!peers.knowPhase()) {
        return Optional.empty();
      }
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
    return state.turn() == lease.turn() && peers.knowPhase();
  }

  /** Why {@link #acquire} gave nothing, for whoever asked. */
  public String refusal() {
    return peers.knowPhase()
        ? "reads are held by a phase change that is taking too long: try again"
        : peers.ignorance() + ": try again";
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

  /** Makes new reads of this process wait until the hold is closed. */
  public Hold hold() {
    return hold(false);
  }

  /**
   * Makes new reads of every process wait until the hold is closed.
   *
   * @param epoch of the phase to come
   * @param atMost how long the hold is meant to last
   * @throws IOException if that cannot be known of every process; none is held then
   */
  public Hold holdEverywhere(long epoch, Duration atMost) throws IOException, InterruptedException {
    peers.hold(epoch, atMost);
    return hold(true);
  }

  private Hold hold(boolean everywhere) {
    State now = state;
    if (now.held() != null) {
      throw new AssertionError("reads are held by two flips at once");
    }
    CountDownLatch held = new CountDownLatch(1);
    state = new State(now.source(), now.turn() + 1, held);
    return new Hold(now.source(), held, everywhere);
  }

  /** A hold on reads. Confined to the thread of the phase change. */
  public final class Hold implements AutoCloseable {
    private final CountDownLatch held;
    private final boolean everywhere;
    private ReadingSource next;

    private Hold(ReadingSource now, CountDownLatch held, boolean everywhere) {
      this.next = now;
      this.held = held;
      this.everywhere = everywhere;
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
      if (everywhere) {
        peers.release();
      }
    }
  }
}
