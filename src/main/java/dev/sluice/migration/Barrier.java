package dev.sluice.migration;

import dev.sluice.store.MirrorStore;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.WalStatus;
import java.time.Duration;
import java.util.Optional;

/**
 * Waits until a store holds everything acknowledged before an offset and shows it to reads.
 * Stateless; waits on the caller's thread.
 *
 * <p>A store that applies a log must also have applied everything it had committed by then: reads
 * do not see a committed reading until it is applied.
 */
public final class Barrier {
  private static final Duration POLL = Duration.ofMillis(2);

  private Barrier() {}

  /**
   * Waits for both stores to show everything acknowledged before this call.
   *
   * @return what is missing, in which store and after how long; empty once both show it all
   */
  public static Optional<String> awaitBoth(Stores stores, Duration timeout)
      throws InterruptedException {
    Optional<Pair> pair = stores.pair();
    if (pair.isEmpty()) {
      return Optional.of("only one store is written");
    }
    Sides both = pair.orElseThrow().sides();
    long end = stores.journalEnd();
    long deadline = System.nanoTime() + timeout.toNanos();
    Optional<String> problem = await(both.legacy(), end, timeout);
    return problem.isPresent() ? problem : await(both.next(), end, until(deadline));
  }

  /**
   * Waits for one store to show everything before {@code offset}.
   *
   * @return why it does not; empty once it does
   */
  public static Optional<String> await(Side side, long offset, Duration timeout)
      throws InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    if (!side.awaitSettled(offset, timeout)) {
      String error = side.status().trouble();
      return Optional.of(
          ("%s does not have everything before offset %s after %s ms, it has %s readings to"
                  + " go%s")
              .formatted(
                  side.name(),
                  offset,
                  timeout.toMillis(),
                  side.status().lagReadings(),
                  error.isEmpty() ? "" : " (" + error + ")"));
    }
    return side.log().isPresent()
        ? awaitApplied(side.name(), side.log().orElseThrow(), deadline)
        : Optional.empty();
  }

  /** Returns the time left until the deadline; never negative. */
  public static Duration until(long deadlineNanos) {
    return Duration.ofNanos(Math.max(0, deadlineNanos - System.nanoTime()));
  }

  private static Optional<String> awaitApplied(String name, MirrorStore store, long deadline)
      throws InterruptedException {
    String problem;
    long wanted = -1;
    while (true) {
      try {
        WalStatus status = store.walStatus();
        // The first answer names the last transaction committed by now; waiting for it is enough.
        wanted = wanted < 0 ? status.sequencerTxn() : wanted;
        if (!status.suspended() && status.writerTxn() >= wanted) {
          return Optional.empty();
        }
        problem = behind(name, status, wanted);
      } catch (UnavailableException e) {
        problem = name + " does not report how far it has applied its log (" + e.getMessage() + ")";
      }
      if (System.nanoTime() - deadline >= 0) {
        return Optional.of(problem);
      }
      Thread.sleep(POLL);
    }
  }

  private static String behind(String name, WalStatus status, long wanted) {
    return status.suspended()
        ? name + " has suspended the table: " + status.error()
        : name + " has applied transaction " + status.writerTxn() + ", needed is " + wanted;
  }
}
