package dev.sluice.migration.backfill;

import dev.sluice.migration.Pair;
import dev.sluice.migration.Stores;
import dev.sluice.store.ReadingSource.UnavailableException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets the copying thread continue unless an operator, a limit or an unavailable store stops it.
 * The thread waits here and nowhere else; {@link #why()} may be called from any thread.
 */
final class CopyGate {
  private static final Logger LOG = LoggerFactory.getLogger(CopyGate.class);
  private static final Duration LOOK_EVERY = Duration.ofMillis(20);
  private static final Duration MIN_BACKOFF = Duration.ofMillis(50);

  /** Shorter than any store takes to restart, so that no restart goes unnoticed during the wait. */
  private static final Duration MAX_BACKOFF = Duration.ofSeconds(1);

  /** A routine pause: no reason to report. */
  static final String QUIETLY = "";

  private final RunControl control;
  private final Stores stores;
  private final long origin;
  private final Limits limits;
  private final Pace pace;
  private volatile String why = "";
  private boolean failing;
  private Duration backoff = MIN_BACKOFF;

  CopyGate(RunControl control, Stores stores, long origin, Limits limits, Pace pace) {
    this.control = control;
    this.stores = stores;
    this.origin = origin;
    this.limits = limits;
    this.pace = pace;
  }

  /** The unusual condition it is waiting for; empty if there is none. */
  String why() {
    return why;
  }

  /** Waits until the next step may be done; the stores as they are then. */
  Pair pass() {
    return pass(pair -> Optional.empty());
  }

  /**
   * Waits until the next step may be taken.
   *
   * @param objection a further reason to wait, polled throughout the wait, even while paused
   */
  Pair pass(Function<Pair, Optional<String>> objection) {
    while (true) {
      control.check();
      Pair pair = pair();
      Optional<String> reason = objection.apply(pair);
      if (!control.paused()) {
        reason = reason.or(() -> limits.passed(pair));
        show(reason.orElse(QUIETLY));
        if (reason.isEmpty() && pace.toWait().isZero()) {
          return pair;
        }
      }
      // Never longer: the pace may be changed meanwhile, and the checkpoint has to move.
      control.await(LOOK_EVERY);
    }
  }

  /** The stores if the next step may be taken without waiting; empty if not. */
  Optional<Pair> passed(Function<Pair, Optional<String>> objection) {
    Pair pair = pair();
    boolean free =
        !control.paused()
            && objection.apply(pair).isEmpty()
            && limits.passed(pair).isEmpty()
            && pace.toWait().isZero();
    return free ? Optional.of(pair) : Optional.empty();
  }

  /** Looks at the stores while another step is being taken, for what the look itself settles. */
  void look(Function<Pair, Optional<String>> objection) {
    control.check();
    Optional<String> unused = objection.apply(pair());
  }

  /** Waits after a temporary failure, longer each time in a row. */
  void failed(String reason) {
    failing = true;
    tell(reason);
    Duration time = backoff;
    backoff = time.multipliedBy(2).compareTo(MAX_BACKOFF) < 0 ? time.multipliedBy(2) : MAX_BACKOFF;
    control.await(time);
  }

  /**
   * The legacy table could not be read: waits, or ends the run if waiting does not help.
   *
   * @throws LastingException if a person has to change something first
   */
  void failed(UnavailableException e) {
    if (e.lasting()) {
      throw new LastingException(
          e.getMessage() + "; then 'sluice backfill start' continues from the checkpoint");
    }
    failed("MySQL does not respond: " + e.getMessage());
  }

  /** Waiting does not help. */
  static final class LastingException extends RuntimeException {
    private static final long serialVersionUID = 1;

    LastingException(String message) {
      super(message, null, false, false);
    }
  }

  /** A step succeeded: the next failure waits briefly again. */
  void succeeded() {
    failing = false;
    backoff = MIN_BACKOFF;
  }

  /** Leaves the machine to others for a while. */
  void rest(Duration time) {
    if (!time.isZero()) {
      control.await(time);
    }
  }

  /** Updates the kept state, retrying until the disk accepts it. */
  BackfillState keep(BackfillStore store, UnaryOperator<BackfillState> change) {
    while (true) {
      try {
        BackfillState after = store.update(change);
        succeeded();
        return after;
      } catch (IOException e) {
        failed(BackfillStore.notKept(e));
      }
    }
  }

  /** The stores, or the end of the run when they are no longer those it was started with. */
  Pair pair() {
    return stores
        .pair()
        .filter(pair -> pair.next().delivery().origin() == origin)
        .orElseThrow(() -> new RunControl.EndedException(RunControl.End.LEFT));
  }

  /** After a failure its reason is shown until a step succeeds. */
  private void show(String reason) {
    if (!reason.isEmpty() || !failing) {
      tell(reason);
    }
  }

  private void tell(String reason) {
    if (why.isEmpty() && !reason.isEmpty()) {
      LOG.info("The backfill is throttled: {}", reason);
    } else if (!why.isEmpty() && reason.isEmpty()) {
      LOG.info("The backfill continues");
    }
    why = reason;
  }
}
