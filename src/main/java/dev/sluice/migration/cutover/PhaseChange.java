package dev.sluice.migration.cutover;

import dev.sluice.migration.CatchUp;
import dev.sluice.migration.RefusedException;
import dev.sluice.migration.Side;
import dev.sluice.migration.Sides;
import dev.sluice.migration.Stores;
import dev.sluice.migration.Words;
import dev.sluice.migration.phase.PhaseRecord;
import dev.sluice.migration.phase.Phases;
import dev.sluice.migration.phase.Role;
import dev.sluice.query.Reads;
import dev.sluice.query.Reads.Hold;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries out one phase change. The kept record is the commit point: before it, everything can be
 * rolled back, and is if something fails or takes too long; after it, only steps that cannot fail
 * remain. After a crash the record's phase is in force, and whatever that phase does not use is
 * ignored. Used by one thread at a time.
 */
final class PhaseChange {
  private static final Logger LOG = LoggerFactory.getLogger(PhaseChange.class);

  private final Phases phases;
  private final Stores stores;
  private final Reads reads;
  private final Duration timeout;
  private final FlipObserver observer;

  /**
   * How a change went.
   *
   * @param held how long new reads had to wait
   * @param waited how long it took until reads were held; they continued meanwhile
   */
  record Done(Duration held, Duration waited) {
    static final Done WITHOUT_READS = new Done(Duration.ZERO, Duration.ZERO);
  }

  /** Wires the parts; changes nothing. */
  PhaseChange(Phases phases, Stores stores, Reads reads, Duration timeout, FlipObserver observer) {
    this.phases = phases;
    this.stores = stores;
    this.reads = reads;
    this.timeout = timeout;
    this.observer = observer;
  }

  /**
   * Goes from {@code present} to {@code next}.
   *
   * @throws RefusedException if it could not be done; everything is then as it was
   */
  Done make(Transition change, PhaseRecord present, PhaseRecord next)
      throws RefusedException, InterruptedException {
    return switch (change) {
      case JOIN -> join(present, next);
      case LEAVE -> leave(Role.NEXT, present, next);
      case RETIRE -> retire(present, next);
      case CUT_OVER -> moveReads(both().next(), present, next);
      case ROLL_BACK -> moveReads(both().legacy(), present, next);
    };
  }

  private Done join(PhaseRecord present, PhaseRecord next) throws RefusedException {
    observer.step("joining " + stores.names().next());
    try {
      stores.joinNext();
    } catch (IOException e) {
      throw putBack("QuestDB cannot be joined: " + e.getMessage());
    }
    try {
      keep(present, next);
    } catch (RefusedException e) {
      stores.leave(Role.NEXT);
      throw e;
    }
    return Done.WITHOUT_READS;
  }

  private Done leave(Role role, PhaseRecord present, PhaseRecord next) throws RefusedException {
    keep(present, next);
    leave(role);
    return Done.WITHOUT_READS;
  }

  private void leave(Role role) {
    observer.step("leaving " + stores.names().of(role));
    stores.leave(role);
  }

  /**
   * MySQL, soon to be the archive, first gets everything acknowledged before this call, then what
   * arrived while the phase was being kept.
   */
  private Done retire(PhaseRecord present, PhaseRecord next)
      throws RefusedException, InterruptedException {
    long start = System.nanoTime();
    Side legacy = both().legacy();
    observer.step("waiting for " + legacy.name());
    reach(legacy, start + timeout.toNanos());
    Done done = new Done(Duration.ZERO, Duration.ofNanos(System.nanoTime() - start));
    keep(present, next);
    awaitLast(legacy);
    leave(Role.LEGACY);
    return done;
  }

  /** Behind the commit point: nothing that goes wrong here keeps MySQL from leaving. */
  private void awaitLast(Side legacy) {
    try {
      CatchUp.await(legacy, stores.journalEnd(), timeout)
          .ifPresent(problem ->
              LOG.error("MySQL may lack the last readings before it was retired: {}", problem));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      LOG.error("Interrupted: MySQL may lack the last readings before it was retired");
    }
  }

  private Done moveReads(Side to, PhaseRecord present, PhaseRecord next)
      throws RefusedException, InterruptedException {
    long start = System.nanoTime();
    long deadline = start + timeout.toNanos();
    observer.step("waiting for " + to.name());
    reach(to, deadline);
    observer.step("holding reads");
    long heldSince = System.nanoTime();
    try (Hold hold = holdEverywhere(next)) {
      // Whatever a read has seen and returned was acknowledged before this mark is taken.
      reach(to, deadline);
      keep(present, next);
      hold.switchTo(to.source());
    }
    return new Done(
        Duration.ofNanos(System.nanoTime() - heldSince), Duration.ofNanos(heldSince - start));
  }

  private Hold holdEverywhere(PhaseRecord next) throws RefusedException, InterruptedException {
    try {
      return reads.holdEverywhere(next.epoch(), timeout);
    } catch (IOException e) {
      throw putBack("reads cannot be held on every node: " + e.getMessage());
    }
  }

  private void reach(Side to, long deadline) throws RefusedException, InterruptedException {
    Optional<String> problem = CatchUp.await(to, stores.journalEnd(), CatchUp.until(deadline));
    if (problem.isPresent()) {
      throw putBack(
          problem.orElseThrow()
              + "; cutover.timeout is "
              + Words.ms(timeout)
              + ": wait until it has caught up, or raise it");
    }
  }

  /** The commit point. After a failed write, only the file shows which phase is in force. */
  private void keep(PhaseRecord present, PhaseRecord next) throws RefusedException {
    observer.step("saving phase " + next.phase().label());
    try {
      phases.keep(present, next);
    } catch (IOException e) {
      if (!isKept(next)) {
        throw putBack(
            "the phase could not be saved: "
                + e.getMessage()
                + ": free disk space or fix the cause");
      }
      LOG.warn("Phase {} is saved, but may not survive a power cut", next.phase().label(), e);
    }
    observer.inForce(next);
  }

  private boolean isKept(PhaseRecord next) {
    // An interrupt may have made the write fail, and would make the read fail as well.
    boolean interrupted = Thread.interrupted();
    try {
      return phases.kept().filter(next::equals).isPresent();
    } catch (IOException e) {
      LOG.error("The phase file cannot be read; a restart will go by what it says", e);
      return false;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private Sides both() throws RefusedException {
    return stores.sides().orElseThrow(() -> putBack("only one store is open: see sluice status"));
  }

  private static RefusedException putBack(String why) {
    return new RefusedException("nothing changed: every step was rolled back: " + why);
  }
}
