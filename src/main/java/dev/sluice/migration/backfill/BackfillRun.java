package dev.sluice.migration.backfill;

import dev.sluice.journal.Mark;
import dev.sluice.migration.Pair;
import dev.sluice.migration.RecentRate;
import dev.sluice.migration.backfill.BackfillState.Status;
import dev.sluice.migration.backfill.RunControl.EndedException;
import dev.sluice.store.History;
import dev.sluice.store.ReadingSource.UnavailableException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run, on its own thread: a preflight by itself, or a backfill from its saved state to its end.
 * It waits out temporary failures; an unexpected exception ends it as failed.
 */
final class BackfillRun {
  /** Why a run ends although no operator ended it. */
  static final String MIRROR_LEFT =
      "its mirror has ended: the copied rows are no longer kept up to date";

  private static final Logger LOG = LoggerFactory.getLogger(BackfillRun.class);

  enum Kind {
    PREFLIGHT,
    COPY
  }

  private final BackfillParts parts;
  private final Kind kind;
  private final RunControl control = new RunControl();
  private final Limits limits;
  private final CopyGate gate;
  private final Inspection inspection;
  private final CountDownLatch done = new CountDownLatch(1);
  private volatile Optional<RecentRate> rate = Optional.empty();
  private volatile Optional<Walk> walk = Optional.empty();
  private volatile String failure = "";

  BackfillRun(BackfillParts parts, Kind kind, long origin) {
    this.parts = parts;
    this.kind = kind;
    this.limits = new Limits(parts.config(), parts.ingest(), parts.lag(), parts.nanoTime());
    this.gate = new CopyGate(control, parts.stores(), origin, limits, parts.pace());
    this.inspection = new Inspection(parts.findingsFile(), parts.maxListingBytes(), gate);
  }

  void start() {
    Thread.ofPlatform().daemon().name("backfill").start(this::run);
  }

  Kind kind() {
    return kind;
  }

  /** The reason it ended, if that could not be saved; else empty. */
  String failure() {
    return failure;
  }

  /** How far it has come, including what does not count yet; empty while nothing is copied. */
  Optional<Checkpoint> written() {
    return walk.map(Walk::written);
  }

  /** Why rows already written do not count yet; empty if all of them do. */
  String syncing() {
    return walk.map(Walk::syncing).orElse("");
  }

  /** Rows written per second; 0 while nothing is copied. */
  double rowsPerSecond() {
    return rate.map(RecentRate::perSecond).orElse(0.0);
  }

  RunControl control() {
    return control;
  }

  CopyGate gate() {
    return gate;
  }

  Inspection inspection() {
    return inspection;
  }

  boolean isDone() {
    return done.getCount() == 0;
  }

  /** Waits for the run to end; returns whether it ended within this time. */
  boolean awaitDone(Duration timeout) {
    try {
      return done.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return isDone();
    }
  }

  private void run() {
    try {
      if (kind == Kind.PREFLIGHT) {
        preflight();
      } else {
        copy();
      }
    } catch (EndedException e) {
      ended(e.end());
    } catch (CopyGate.LastingException e) {
      finish(Status.FAILED, String.valueOf(e.getMessage()));
    } catch (RuntimeException | Error e) {
      LOG.error("The backfill failed; start it again to continue from its checkpoint", e);
      finish(Status.FAILED, "unexpected failure: " + e);
    } finally {
      done.countDown();
    }
  }

  private void preflight() {
    inspection.run(ask(History::lastId));
    LOG.info("The preflight is done: {}", inspection.findings());
    if (parts.store().current().isPresent()) {
      gate.keep(parts.store(), state -> state.inspectedAnew(inspection.findings()));
    }
  }

  private void copy() {
    BackfillState bound = chosen(bound());
    BackfillState state = bound.bounds().inspected() ? bound : inspected(bound);
    if (objected(state)) {
      return;
    }
    LOG.info(
        "Backfill {} copies rows up to id {}, in the order of {}",
        state.id(),
        state.bounds().lastId().orElseThrow(),
        state.bounds().course().orElseThrow().label());
    RecentRate begun = new RecentRate(parts.nanoTime());
    rate = Optional.of(begun);
    Walk next = new Walk(parts, gate, limits, control, begun, state);
    walk = Optional.of(next);
    next.run();
    if (!objected(summed())) {
      complete();
    }
  }

  /** Ends the run as failed if a decision is missing; true if it is. */
  private boolean objected(BackfillState state) {
    Optional<String> objection =
        state
            .bounds()
            .findings()
            .objection(parts.decisions(state.order().decisions()), parts.findingsFile());
    objection.ifPresent(why -> finish(Status.FAILED, why));
    return objection.isPresent();
  }

  /** Every row has been inspected by now, and counted. */
  private BackfillState summed() {
    return gate.keep(
        parts.store(),
        last ->
            last.inspected(
                last.bounds().total().isPresent()
                    ? last.bounds().total()
                    : OptionalLong.of(last.checkpoint().done()),
                last.findings()));
  }

  /** Decides in which order rows are copied, once. */
  private BackfillState chosen(BackfillState state) {
    if (state.bounds().course().isPresent()) {
      return state;
    }
    long lastId = state.bounds().lastId().orElseThrow();
    Course course =
        ask(history -> history.idsFollowTime(lastId) ? 1 : 0) == 1 ? Course.BY_ID : Course.BY_TIME;
    return gate.keep(parts.store(), before -> before.along(course));
  }

  /**
   * Fixes the greatest id to be copied. Everything acknowledged by now must be in MySQL first: what
   * the mirror did not bring, or brought to a table that no longer exists, reaches QuestDB this way
   * or not at all.
   */
  private BackfillState bound() {
    BackfillState state = parts.store().current().orElseThrow();
    if (state.bounds().lastId().isPresent()) {
      return state;
    }
    Mark acknowledged = parts.stores().journalEnd();
    gate.pass(pair -> behind(pair, acknowledged));
    long lastId = ask(History::lastId);
    return gate.keep(parts.store(), before -> before.boundBy(lastId));
  }

  private static Optional<String> behind(Pair pair, Mark acknowledged) {
    Mark reached = pair.legacy().delivery().reached();
    return acknowledged.reachedBy(reached)
        ? Optional.empty()
        : Optional.of(
            "MySQL has everything before "
                + reached
                + ", the backfill was started at "
                + acknowledged
                + ": the rows in between must be copied too");
  }

  /**
   * Inspects what must be known before anything is copied: all rows, or for a copy that inspects
   * them on its way only what it could not take back. If that needs a decision, all rows too, so
   * that everything there is to decide is said at once.
   */
  private BackfillState inspected(BackfillState state) {
    long lastId = state.bounds().lastId().orElseThrow();
    boolean byId = state.bounds().course().equals(Optional.of(Course.BY_ID));
    if (byId && !state.checkpoint().isStart()) {
      return state;
    }
    if (byId) {
      Findings foreseen = inspection.foresee(lastId);
      if (foreseen
          .objection(parts.decisions(state.order().decisions()), parts.findingsFile())
          .isEmpty()) {
        return gate.keep(parts.store(), before -> before.found(foreseen));
      }
    }
    inspection.run(lastId);
    LOG.info("The preflight is done: {}", inspection.findings());
    OptionalLong total =
        byId ? OptionalLong.empty() : OptionalLong.of(ask(history -> history.count(lastId)));
    return gate.keep(parts.store(), before -> before.inspected(total, inspection.findings()));
  }

  /** Queries the legacy table, retrying until it answers. */
  private long ask(Question question) {
    while (true) {
      Pair pair = gate.pass();
      try {
        long answer = question.ask(pair.legacy().history());
        gate.succeeded();
        return answer;
      } catch (UnavailableException e) {
        gate.failed(e);
      }
    }
  }

  /** A query of the legacy table. */
  private interface Question {
    long ask(History history) throws UnavailableException;
  }

  /** Marks the backfill complete, unless an operator has paused it at the last moment. */
  private void complete() {
    BackfillState state;
    do {
      gate.pass();
      state =
          gate.keep(
              parts.store(),
              last ->
                  last.status() == Status.RUNNING
                      ? last.ended(Status.COMPLETE, "", parts.now())
                      : last);
    } while (state.status() == Status.PAUSED);
    LOG.info("Backfill {} is complete: {}", state.id(), state.checkpoint());
  }

  private void ended(RunControl.End end) {
    LOG.info("The backfill ends: {}", end);
    if (end == RunControl.End.LEFT) {
      finish(Status.CANCELLED, MIRROR_LEFT);
    }
  }

  private void finish(Status status, String why) {
    if (kind == Kind.PREFLIGHT) {
      failure = status == Status.FAILED ? why : "";
      return;
    }
    try {
      parts
          .store()
          .update(state -> state.status().ended() ? state : state.ended(status, why, parts.now()));
      LOG.info("The backfill is {}: {}", status.label(), why);
    } catch (IOException e) {
      LOG.error("The backfill is {} ({}). {}", status.label(), why, BackfillStore.notKept(e));
      failure = why;
    }
  }
}
