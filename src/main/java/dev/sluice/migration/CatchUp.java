package dev.sluice.migration;

import dev.sluice.journal.Mark;
import dev.sluice.migration.Pulse.CancelledException;
import dev.sluice.reading.Counted;
import dev.sluice.store.MirrorStore;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.WalStatus;
import java.time.Duration;
import java.util.Optional;

/**
 * Waits until stores hold everything acknowledged before a mark and show it to reads. A store that
 * applies a log must also have applied everything it had committed by then: reads do not see a
 * committed reading until it is applied. Waits on the caller's thread; deliveries do not linger
 * meanwhile. A store that does not answer is asked again until the time is over.
 *
 * <p>A flip asks once, and gets the reason as a value. Verify and repair ask again and again, can
 * be cancelled, and break off: for them there is an object.
 */
public final class CatchUp {
  private static final Duration POLL = Duration.ofMillis(2);

  /** How long to wait for a delivery before checking for cancellation. */
  private static final Duration SLICE = Duration.ofMillis(100);

  private final Stores stores;
  private final Pair pair;
  private final Duration timeout;
  private final String setting;
  private final Pulse pulse;

  /**
   * Waits for nothing yet.
   *
   * @param timeout of each wait
   * @param setting the key of the timeout, to name it
   * @param pulse called while waiting
   */
  public CatchUp(Stores stores, Pair pair, Duration timeout, String setting, Pulse pulse) {
    this.stores = stores;
    this.pair = pair;
    this.timeout = timeout;
    this.setting = setting;
    this.pulse = pulse;
  }

  /** A store did not catch up in time. */
  public static final class BehindException extends UnfinishedException {
    private static final long serialVersionUID = 1;

    public BehindException(String message) {
      super(message);
    }
  }

  /**
   * Waits for one store to show everything before the mark.
   *
   * @return why it does not; empty once it does
   */
  public static Optional<String> await(Side store, Mark mark, Duration timeout)
      throws InterruptedException {
    return Wait.<RuntimeException>of(timeout, () -> {}).shows(store, mark);
  }

  /**
   * Waits for both stores to show everything acknowledged before this call.
   *
   * @return what is missing, in which store and after how long; empty once both show it all
   */
  public static Optional<String> awaitBoth(Stores stores, Duration timeout)
      throws InterruptedException {
    Optional<Sides> both = stores.sides();
    return both.isEmpty()
        ? Optional.of("only one store is written")
        : Wait.<RuntimeException>of(timeout, () -> {})
            .show(both.orElseThrow(), stores.journalEnd());
  }

  /** Returns the time left until the deadline; never negative. */
  public static Duration until(long deadlineNanos) {
    return Duration.ofNanos(Math.max(0, deadlineNanos - System.nanoTime()));
  }

  /** The same object with a shorter limit, for use while another thread is held up. */
  public CatchUp atMost(Duration shorter) {
    return shorter.compareTo(timeout) < 0 ? new CatchUp(stores, pair, shorter, "", pulse) : this;
  }

  /** Waits for both stores to show everything acknowledged before this call. */
  public void await() throws BehindException, CancelledException {
    Mark end = stores.journalEnd();
    require(wait -> wait.show(pair.sides(), end));
  }

  /** Waits for the legacy store to have everything the mirror has written to the new one. */
  public void awaitLegacy() throws BehindException, CancelledException {
    Mark written = pair.next().written();
    require(wait -> wait.has(pair.sides().legacy(), written));
  }

  /** {@link #awaitLegacy}, then waits for the new store to show everything committed by now. */
  public void awaitMirrored() throws BehindException, CancelledException {
    awaitLegacy();
    require(wait -> wait.applied(pair.sides().next()));
  }

  /** One question, asked within one timeout. */
  @FunctionalInterface
  private interface Question {
    Optional<String> problem(Wait<CancelledException> wait)
        throws CancelledException, InterruptedException;
  }

  private void require(Question question) throws BehindException, CancelledException {
    Optional<String> problem;
    try {
      problem = question.problem(Wait.of(timeout, () -> pulse.beat(0)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException();
    }
    if (problem.isPresent()) {
      throw new BehindException(
          problem.orElseThrow()
              + (setting.isEmpty() ? "" : "; allowed by " + setting)
              + ": wait until it has caught up, then start again");
    }
  }

  /** Called again and again while waiting; ends the wait by throwing. */
  @FunctionalInterface
  private interface Meanwhile<E extends Exception> {
    void look() throws E;
  }

  /** A wait with its deadline. */
  private record Wait<E extends Exception>(
      Duration timeout, long deadlineNanos, Meanwhile<E> meanwhile) {
    static <E extends Exception> Wait<E> of(Duration timeout, Meanwhile<E> meanwhile) {
      return new Wait<>(timeout, System.nanoTime() + timeout.toNanos(), meanwhile);
    }

    Optional<String> show(Sides both, Mark mark) throws E, InterruptedException {
      Optional<String> problem = shows(both.legacy(), mark);
      return problem.isPresent() ? problem : shows(both.next(), mark);
    }

    Optional<String> shows(Side store, Mark mark) throws E, InterruptedException {
      Optional<String> problem = has(store, mark);
      return problem.isPresent() ? problem : applied(store);
    }

    Optional<String> has(Side store, Mark mark) throws E, InterruptedException {
      while (!store.awaitReached(mark, least(SLICE, left()))) {
        if (left().isZero() || store.status().ended()) {
          return Optional.of(behind(store, mark));
        }
        meanwhile.look();
      }
      return Optional.empty();
    }

    Optional<String> applied(Side store) throws E, InterruptedException {
      return store.log().isPresent()
          ? applied(store.name(), store.log().orElseThrow())
          : Optional.empty();
    }

    private Optional<String> applied(String name, MirrorStore store)
        throws E, InterruptedException {
      long wanted = -1;
      while (true) {
        String problem;
        try {
          WalStatus status = store.walStatus();
          // The first answer names the last transaction committed by now: that one is enough.
          wanted = wanted < 0 ? status.sequencerTxn() : wanted;
          if (!status.suspended() && status.writerTxn() >= wanted) {
            return Optional.empty();
          }
          problem = notApplied(name, status, wanted);
        } catch (UnavailableException e) {
          problem =
              name + " does not report how far it has applied its log (" + e.getMessage() + ")";
        }
        if (left().isZero()) {
          return Optional.of(problem + ", after " + Words.ms(timeout));
        }
        meanwhile.look();
        Thread.sleep(POLL);
      }
    }

    private Duration left() {
      return until(deadlineNanos);
    }

    private String behind(Side store, Mark mark) {
      String trouble = store.status().trouble();
      return "%s does not have everything before %s after %s: %s to go%s"
          .formatted(
              store.name(),
              mark,
              Words.ms(timeout),
              Counted.of(store.status().lagReadings(), "reading"),
              trouble.isEmpty() ? "" : " (" + trouble + ")");
    }
  }

  private static String notApplied(String name, WalStatus status, long wanted) {
    return status.suspended()
        ? name + " has suspended the table: " + status.error()
        : name + " has applied transaction " + status.writerTxn() + ", needed is " + wanted;
  }

  private static Duration least(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }
}
