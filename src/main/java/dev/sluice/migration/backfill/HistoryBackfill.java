package dev.sluice.migration.backfill;

import dev.sluice.api.BackfillStatus;
import dev.sluice.files.AtomicFile;
import dev.sluice.migration.Pair;
import dev.sluice.migration.RefusedException;
import dev.sluice.migration.Stores;
import dev.sluice.migration.Successor;
import dev.sluice.migration.Truth;
import dev.sluice.migration.VisibleLag;
import dev.sluice.migration.backfill.BackfillConfig.Decision;
import dev.sluice.migration.backfill.BackfillRun.Kind;
import dev.sluice.migration.backfill.BackfillState.Status;
import dev.sluice.store.History.RowClass;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies the legacy table's history into QuestDB, in the order of ids or of time, while both stores
 * are written.
 *
 * <p>Thread-safe. A daemon thread {@code backfill} works while there is something to copy; the
 * methods only tell it what to do. Progress is kept in {@code state.json} after each chunk that is
 * applied and durable, so that a crash costs a few chunks, which are copied again. The state
 * belongs to one mirror, identified by the offset at which it began: a mirror that is left and
 * joined again is a new one, and must be backfilled from the beginning.
 */
public final class HistoryBackfill implements Backfill, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HistoryBackfill.class);
  private static final long MAX_LISTING_BYTES = 256L << 20;
  private static final Duration STOP_WITHIN = Duration.ofSeconds(10);

  private final BackfillParts parts;
  private final Truth truth;

  /** Serialises starting a run and giving it orders. */
  private final ReentrantLock telling = new ReentrantLock();

  private volatile Optional<BackfillRun> run = Optional.empty();

  /**
   * Reads the kept state; starts nothing.
   *
   * @param ingest how long it takes to answer
   * @param lag how long readings take to become visible in QuestDB
   * @param truth whether MySQL's rows may be copied
   * @param successor told whatever changes; {@link #everything} says what there is to begin with
   */
  public HistoryBackfill(
      BackfillConfig config,
      Stores stores,
      AnswerTimes ingest,
      VisibleLag lag,
      InstantSource clock,
      Truth truth,
      Successor successor) {
    this(
        config,
        stores,
        ingest,
        lag,
        clock,
        truth,
        successor,
        System::nanoTime,
        new AtomicFile(),
        MAX_LISTING_BYTES);
  }

  HistoryBackfill(
      BackfillConfig config,
      Stores stores,
      AnswerTimes ingest,
      VisibleLag lag,
      InstantSource clock,
      Truth truth,
      Successor successor,
      LongSupplier nanoTime,
      AtomicFile files,
      long maxListingBytes) {
    BackfillStore store = new BackfillStore(config.directory(), successor, files);
    long limit =
        store
            .current()
            .filter(state -> !state.status().ended())
            .map(state -> state.order().rowsPerSecond())
            .orElse(config.rowsPerSecond());
    this.parts =
        new BackfillParts(
            config,
            store,
            stores,
            ingest,
            lag,
            clock,
            nanoTime,
            new Pace(limit, nanoTime),
            maxListingBytes);
    this.truth = truth;
  }

  /**
   * Has whoever opens this directory next find what a successor was told, in the place of what it
   * holds. Lists of single rows stay with whoever wrote them.
   *
   * @throws IOException if it cannot be written
   */
  public static void inherit(Path directory, Map<String, String> told) throws IOException {
    BackfillStore.inherit(directory, told);
  }

  /** All that a successor must be told. */
  public Map<String, String> everything() {
    return parts.store().everything();
  }

  @Override
  public BackfillStatus status() {
    return new BackfillReport(parts, run).status();
  }

  @Override
  public boolean complete() {
    return parts
        .store()
        .current()
        .filter(state -> state.proven() && isOfThisMirror(state))
        .isPresent();
  }

  /**
   * Continues a backfill that was running when the process ended. Called once, when the stores are
   * open; one that was paused or cancelled remains so.
   */
  public void resumeAfterStart() {
    telling.lock();
    try {
      if (!parts.store().damage().isEmpty()) {
        LOG.error("{}", parts.store().damage());
      }
      BackfillState state = parts.store().current().orElse(null);
      if (state == null || state.status().ended()) {
        return;
      }
      if (!isOfThisMirror(state)) {
        cancelLeftLocked();
      } else if (state.status() == Status.RUNNING) {
        LOG.info("Backfill {} continues from its checkpoint", state.id());
        launchLocked(Kind.COPY, state.origin());
      }
    } finally {
      telling.unlock();
    }
  }

  @Override
  public void preflight() throws RefusedException {
    telling.lock();
    try {
      Pair pair = pair("preflight");
      refuseWhileBusyLocked();
      launchLocked(Kind.PREFLIGHT, pair.next().delivery().origin());
    } finally {
      telling.unlock();
    }
  }

  @Override
  public void start(Map<RowClass, Decision> decisions) throws RefusedException {
    truth.look();
    telling.lock();
    try {
      BackfillStart.refuseWrong(decisions);
      Pair pair = pair("start");
      refuseWhileBusyLocked();
      Optional<String> objection = truth.copyObjection();
      if (objection.isPresent()) {
        throw new RefusedException("the backfill is not started: " + objection.orElseThrow());
      }
      begin(BackfillStart.next(parts, pair.next().delivery().origin(), decisions));
      launchLocked(Kind.COPY, pair.next().delivery().origin());
    } finally {
      telling.unlock();
    }
  }

  @Override
  public void pause() throws RefusedException {
    telling.lock();
    try {
      BackfillRun active = active().orElseThrow(() -> nothing("pause"));
      if (active.kind() == Kind.COPY) {
        change(state -> state.status() == Status.RUNNING ? state.in(Status.PAUSED) : state);
      }
      active.control().pause(true);
      LOG.info("The backfill is paused");
    } finally {
      telling.unlock();
    }
  }

  @Override
  public void resume() throws RefusedException {
    telling.lock();
    try {
      Optional<BackfillRun> active = active();
      if (active.isPresent()) {
        if (active.orElseThrow().kind() == Kind.COPY) {
          change(state -> state.status() == Status.PAUSED ? state.in(Status.RUNNING) : state);
        }
        active.orElseThrow().control().pause(false);
        LOG.info("The backfill is resumed");
      } else {
        resumeKeptLocked();
      }
    } finally {
      telling.unlock();
    }
  }

  @Override
  public void cancel() throws RefusedException {
    telling.lock();
    try {
      Optional<BackfillRun> active = active();
      boolean kept = parts.store().current().filter(state -> !state.status().ended()).isPresent();
      if (active.isEmpty() && !kept) {
        throw nothing("cancel");
      }
      if (kept) {
        change(state ->
            state.status().ended()
                ? state
                : state.ended(Status.CANCELLED, "an operator cancelled it", parts.now()));
      }
      active.ifPresent(running -> running.control().end(RunControl.End.CANCELLED));
      LOG.info("The backfill is cancelled");
    } finally {
      telling.unlock();
    }
  }

  @Override
  public void throttle(long rowsPerSecond) throws RefusedException {
    if (rowsPerSecond < 0) {
      throw new RefusedException(
          "a backfill cannot copy "
              + rowsPerSecond
              + " rows per second: give 0 or more, 0 is"
              + " unlimited");
    }
    telling.lock();
    try {
      if (parts.store().current().filter(state -> !state.status().ended()).isPresent()) {
        change(state -> state.paced(rowsPerSecond));
      }
      parts.pace().limit(rowsPerSecond);
    } finally {
      telling.unlock();
    }
  }

  /**
   * Ends it because the mirror is being left, before the stores are closed; it counts as cancelled.
   *
   * @return whether the thread has ended within this time
   */
  public boolean stopAndWait(Duration timeout) {
    Optional<BackfillRun> active = active();
    active.ifPresent(running -> running.control().end(RunControl.End.LEFT));
    boolean ended = active.map(running -> running.awaitDone(timeout)).orElse(true);
    telling.lock();
    try {
      cancelLeftLocked();
    } finally {
      telling.unlock();
    }
    return ended;
  }

  /** Whether copying this mirror's history has at least begun. */
  public boolean begun() {
    return parts.store().current().filter(this::isOfThisMirror).isPresent();
  }

  /**
   * Ends the run and forgets how far the copy had come, because the tables are no longer the same.
   * Decisions are kept.
   *
   * @return false if the run did not end in time, or the change could not be kept: try again
   */
  public boolean forget(String why, Duration timeout) {
    telling.lock();
    try {
      Optional<BackfillRun> active = active();
      active.ifPresent(running -> running.control().end(RunControl.End.CANCELLED));
      if (!active.map(running -> running.awaitDone(timeout)).orElse(true)) {
        return false;
      }
      if (parts.store().current().isPresent()) {
        parts.store().update(state -> state.voided(why, parts.now()));
      }
      return true;
    } catch (IOException e) {
      LOG.warn("The backfill's result is no longer valid, but {}", BackfillStore.notKept(e));
      return false;
    } finally {
      telling.unlock();
    }
  }

  /** Stops the thread; the next process continues from the checkpoint. */
  @Override
  public void close() {
    active()
        .ifPresent(running -> {
          running.control().end(RunControl.End.STOPPED);
          if (!running.awaitDone(STOP_WITHIN)) {
            LOG.warn(
                "The backfill did not stop within {}; it continues from its checkpoint after the"
                    + " next start",
                STOP_WITHIN);
          }
        });
  }

  private void resumeKeptLocked() throws RefusedException {
    BackfillState state =
        parts
            .store()
            .current()
            .filter(kept -> kept.status() == Status.PAUSED)
            .orElseThrow(() -> nothing("resume"));
    Pair pair = pair("resume");
    if (pair.next().delivery().origin() != state.origin()) {
      cancelLeftLocked();
      throw new RefusedException(
          "the backfill is not resumed: "
              + BackfillRun.MIRROR_LEFT
              + ". Start a new one: sluice"
              + " backfill start");
    }
    change(kept -> kept.in(Status.RUNNING));
    launchLocked(Kind.COPY, state.origin());
  }

  private void begin(BackfillState state) throws RefusedException {
    try {
      if (state.checkpoint().isStart()) {
        java.nio.file.Files.deleteIfExists(parts.refusedFile());
      }
      parts.store().begin(state);
      LOG.info("Backfill {} started", state.id());
    } catch (IOException e) {
      throw new RefusedException("the backfill is not started: " + BackfillStore.notKept(e));
    }
  }

  private void launchLocked(Kind kind, long origin) {
    BackfillRun next = new BackfillRun(parts, kind, origin);
    run = Optional.of(next);
    next.start();
  }

  private void change(UnaryOperator<BackfillState> change) throws RefusedException {
    try {
      parts.store().update(change);
    } catch (IOException e) {
      throw new RefusedException("nothing changed: " + BackfillStore.notKept(e));
    }
  }

  private void cancelLeftLocked() {
    if (parts.store().current().filter(state -> !state.status().ended()).isEmpty()) {
      return;
    }
    try {
      parts
          .store()
          .update(state -> state.ended(Status.CANCELLED, BackfillRun.MIRROR_LEFT, parts.now()));
    } catch (IOException e) {
      // After the next start, the origin shows the same.
      LOG.warn("The backfill has ended with its mirror, but {}", BackfillStore.notKept(e));
    }
  }

  private Pair pair(String action) throws RefusedException {
    return parts
        .stores()
        .pair()
        .orElseThrow(() ->
            new RefusedException(
                "backfill "
                    + action
                    + " is refused: only one store is written. Before phase mirror there is"
                    + " nothing to copy to; go there first: sluice cutover --to mirror. After"
                    + " MySQL is retired there is nothing to copy from"));
  }

  private void refuseWhileBusyLocked() throws RefusedException {
    parts.store().reloadIfDamaged();
    if (!parts.store().damage().isEmpty()) {
      throw new RefusedException(parts.store().damage());
    }
    // A run that has just been cancelled, or has come to its end, is about to be gone.
    boolean ending =
        run.filter(last -> last.control().ended().isPresent()).isPresent()
            || parts.store().current().filter(state -> state.status().ended()).isPresent();
    if (ending) {
      run.filter(last -> last.kind() == Kind.COPY || last.control().ended().isPresent())
          .ifPresent(last -> last.awaitDone(Duration.ofSeconds(1)));
    }
    if (active().isPresent()) {
      throw new RefusedException(
          "a backfill is "
              + status().state()
              + ": wait for it to end, resume it if it is paused, or cancel it first; it finishes"
              + " the current chunk before it ends");
    }
  }

  private Optional<BackfillRun> active() {
    return run.filter(last -> !last.isDone());
  }

  private boolean isOfThisMirror(BackfillState state) {
    return parts
        .stores()
        .pair()
        .filter(pair -> pair.next().delivery().origin() == state.origin())
        .isPresent();
  }

  private static RefusedException nothing(String action) {
    return new RefusedException(
        "there is nothing to "
            + action
            + ": no backfill is running. Start one: sluice backfill start");
  }
}
