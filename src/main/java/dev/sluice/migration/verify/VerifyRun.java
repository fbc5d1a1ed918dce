package dev.sluice.migration.verify;

import dev.sluice.api.MismatchCounts;
import dev.sluice.api.VerifyStatus.Control;
import dev.sluice.files.PrivateFiles;
import dev.sluice.migration.CatchUp;
import dev.sluice.migration.Pair;
import dev.sluice.migration.Pulse;
import dev.sluice.migration.RecentRate;
import dev.sluice.migration.Stores;
import dev.sluice.migration.UnfinishedException;
import dev.sluice.migration.parity.Hours;
import dev.sluice.migration.parity.ParityMap;
import dev.sluice.reading.Counted;
import dev.sluice.store.ReadingScan;
import dev.sluice.store.ReadingSource.UnavailableException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run of verify, hour by hour, on its own thread; any thread may read its progress and cancel
 * it.
 *
 * <p>Before the first hour, the run begins to watch writes and brings both stores up to that
 * moment; so an hour that ends up matched and not dirty agrees about everything written before its
 * comparison. Neighbouring hours are read in one go, ahead of the one being compared. If a store
 * fails, the hour is tried again, a few times. However a run ends, the hours it has done remain
 * done.
 */
final class VerifyRun implements Pulse {
  private static final Logger LOG = LoggerFactory.getLogger(VerifyRun.class);
  private static final int TRIES = 5;

  private static final Duration FIRST_PAUSE = Duration.ofMillis(200);

  /** Hours are read in one go if together they have about this many readings. */
  private static final int ROWS_AHEAD = 200_000;

  private static final int MOST_HOURS_AHEAD = 7 * 24;

  /** A piece has about this many: a lane that waits for the others holds no more than that. */
  private static final int ROWS_OF_A_PIECE = 16_000;

  private static final long LEAST_PIECE_MICROS = 100_000;

  private final Verify.Scope scope;
  private final ParityMap parity;
  private final MismatchFiles files;
  private final InstantSource clock;
  private final Path work;
  private final ReadingScan left;
  private final CatchUp catchUp;
  private final HourOrder order;
  private final Comparison comparison;
  private final HourCheck check;
  private final RecentRate rate = new RecentRate(System::nanoTime);
  private final CountDownLatch cancelled = new CountDownLatch(1);
  private final Thread thread;
  private final Instant startedAt;
  private final long settledForNanos;

  private volatile Progress progress;

  /** When the stores last caught up. Confined to the run's thread. */
  private long settledNanos;

  /**
   * The hours being read. Never anything read before the stores last caught up: a write between the
   * two would be neither seen nor noticed. Confined to the run's thread.
   */
  private Optional<Both> open = Optional.empty();

  /** Readings of the hour last compared; so many that nothing is read ahead at first. */
  private long rowsOfAnHour = ROWS_AHEAD;

  enum State {
    IDLE,
    RUNNING,
    DONE,
    CANCELLED,
    FAILED
  }

  /**
   * What a run has done.
   *
   * @param rows compared
   * @param controlRows readings that one scan of the store returned
   * @param controlDifferences between the store and itself
   */
  record Counts(long hours, long rows, long controlRows, long controlDifferences) {
    private static final Counts NONE = new Counts(0, 0, 0, 0);

    private Counts plus(Counts more) {
      return new Counts(
          hours + more.hours,
          rows + more.rows,
          controlRows + more.controlRows,
          controlDifferences + more.controlDifferences);
    }
  }

  /**
   * A snapshot of a run.
   *
   * @param why it failed, else empty
   * @param hour being compared
   * @param hoursKnown how many there were to do, as known at the start
   */
  record Progress(
      State state,
      String why,
      OptionalLong hour,
      Counts counts,
      long hoursKnown,
      Optional<Instant> finishedAt) {
    static final Progress IDLE =
        new Progress(State.IDLE, "", OptionalLong.empty(), Counts.NONE, 0, Optional.empty());

    /** Known only if the map already had the hours, from a backfill or an earlier run. */
    @Nullable Long hoursTotal() {
      if (state == State.DONE) {
        return counts.hours();
      }
      return hoursKnown > 0 && hoursKnown >= counts.hours() ? hoursKnown : null;
    }

    private Progress at(long hourMicros) {
      return new Progress(state, why, OptionalLong.of(hourMicros), counts, hoursKnown, finishedAt);
    }

    private Progress plus(Counts more) {
      return new Progress(state, why, hour, counts.plus(more), hoursKnown, finishedAt);
    }

    private Progress ended(State as, String because, Instant now) {
      return new Progress(as, because, OptionalLong.empty(), counts, hoursKnown, Optional.of(now));
    }
  }

  VerifyRun(
      Verify.Scope scope,
      VerifyConfig config,
      ParityMap parity,
      MismatchFiles files,
      Pair pair,
      Stores stores,
      InstantSource clock) {
    this.scope = scope;
    this.parity = parity;
    this.files = files;
    this.clock = clock;
    this.work = config.directory().resolve("work");
    this.left = scope == Verify.Scope.CONTROL_QUESTDB ? pair.next().scan() : pair.legacy().scan();
    ReadingScan right =
        scope == Verify.Scope.CONTROL_MYSQL ? pair.legacy().scan() : pair.next().scan();
    this.catchUp =
        new CatchUp(stores, pair, config.settleTimeout(), VerifyKeys.SETTLE_TIMEOUT.name(), this);
    this.order = new HourOrder(left, right, parity, scope);
    this.comparison = new Comparison(left, right, config.maxOfOneTs(), this);
    this.check = new HourCheck(comparison, catchUp, work, config.maxMismatchBytes());
    this.settledForNanos = config.settledFor().toNanos();
    this.startedAt = Instant.ofEpochMilli(clock.millis());
    this.progress =
        new Progress(
            State.RUNNING, "", OptionalLong.empty(), Counts.NONE, order.known(), Optional.empty());
    this.thread = Thread.ofPlatform().name("verify").daemon().unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** Asks the run to end; it does so within moments, unless a store does not answer. */
  void cancel() {
    cancelled.countDown();
  }

  /** Waits for the run to end; returns false if it is not over in time. */
  boolean join(Duration timeout) throws InterruptedException {
    return thread.join(timeout);
  }

  boolean running() {
    return progress.state() == State.RUNNING;
  }

  Verify.Scope scope() {
    return scope;
  }

  Progress progress() {
    return progress;
  }

  Instant startedAt() {
    return startedAt;
  }

  double rowsPerSecond() {
    return running() ? rate.perSecond() : 0;
  }

  /** What was found if a store is compared with itself; else null. */
  @Nullable Control control(Counts counts) {
    return isControl()
        ? new Control(left.name(), counts.controlRows(), counts.controlDifferences())
        : null;
  }

  private boolean isControl() {
    return scope == Verify.Scope.CONTROL_MYSQL || scope == Verify.Scope.CONTROL_QUESTDB;
  }

  @Override
  public void beat(long rows) throws CancelledException {
    if (cancelled.getCount() == 0) {
      throw new CancelledException();
    }
    if (rows > 0) {
      rate.add(rows);
      progress = progress.plus(new Counts(0, rows, 0, 0));
    }
  }

  private void run() {
    try {
      PrivateFiles.createDirectories(work);
      try {
        allHours();
      } finally {
        shut();
      }
      check.close();
      end(State.DONE, "");
    } catch (CancelledException e) {
      end(State.CANCELLED, "");
    } catch (UnavailableException | UnfinishedException | TooManyMismatchesException e) {
      end(State.FAILED, String.valueOf(e.getMessage()));
    } catch (UncheckedIOException e) {
      end(State.FAILED, String.valueOf(e.getMessage()));
    } catch (IOException | RuntimeException | Error e) {
      LOG.error("Verify ended unexpectedly", e);
      end(State.FAILED, "verify ended unexpectedly: " + e);
    }
  }

  private void end(State state, String why) {
    progress = progress.ended(state, why, Instant.ofEpochMilli(clock.millis()));
    LOG.info(
        "Verify ({}) {} after {} and {}{}",
        scope,
        state,
        Counted.of(progress.counts().hours(), "hour"),
        Counted.of(progress.counts().rows(), "row"),
        why.isEmpty() ? "" : ": " + why);
  }

  private void allHours()
      throws UnavailableException, UnfinishedException, TooManyMismatchesException, IOException {
    if (!isControl()) {
      files.load(hour -> parity.hour(hour).filter(h -> h.mismatches().total() > 0).isPresent());
      parity.watch();
    }
    settle();
    OptionalLong next = next(0);
    while (next.isPresent()) {
      long hour = next.getAsLong();
      progress = progress.at(hour);
      if (isControl()) {
        control(hour);
      } else {
        verify(hour);
      }
      next = next(hour + Hours.HOUR_MICROS);
    }
    if (!isControl()) {
      parity.passCompleted();
    }
  }

  private void verify(long hour)
      throws UnavailableException, UnfinishedException, TooManyMismatchesException, IOException {
    if (parity.touched(hour)) {
      // What was read ahead is the older the further ahead it was.
      shut();
      if (System.nanoTime() - settledNanos > settledForNanos) {
        // Live traffic: what was written so far can be compared, only what still arrives cannot.
        parity.watch();
        settle();
      }
    }
    HourCheck.Found found = check(hour);
    if (found.count() == 0) {
      keep(hour, found, MismatchCounts.NONE);
      files.remove(hour);
      return;
    }
    MismatchFiles.Kept kept = files.keep(hour, found.differences());
    keep(hour, found, kept.counts());
    if (!kept.complete() || !found.complete()) {
      throw new TooManyMismatchesException(hour, files);
    }
  }

  private void settle() throws UnavailableException, UnfinishedException {
    catchUp.await();
    settledNanos = System.nanoTime();
  }

  private void keep(long hour, HourCheck.Found found, MismatchCounts counts) {
    parity.verified(hour, found.rows().left(), found.rows().right(), counts);
    progress = progress.plus(new Counts(1, 0, 0, 0));
  }

  private void control(long hour) throws UnavailableException, UnfinishedException, IOException {
    HourCheck.Found found = check(hour);
    progress = progress.plus(new Counts(1, 0, found.rows().left(), found.count()));
  }

  /** The mismatches exceed the bytes they may use. */
  private static final class TooManyMismatchesException extends Exception {
    private static final long serialVersionUID = 1;

    TooManyMismatchesException(long hour, MismatchFiles files) {
      super(
          "the mismatches up to hour "
              + Hours.name(hour)
              + " take more than the "
              + files.maxBytes()
              + " bytes allowed (verify.max-mismatch-bytes) in "
              + files.directory()
              + ": if the backfill is complete, find out why so much differs; repair what is"
              + " listed, or raise the limit");
    }
  }

  private OptionalLong next(long from) throws UnavailableException, CancelledException {
    for (int attempt = 1; ; attempt++) {
      try {
        return order.from(from, open);
      } catch (UnavailableException e) {
        pauseOrFail(attempt, e);
      }
    }
  }

  private HourCheck.Found check(long hour)
      throws UnavailableException, UnfinishedException, IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        long end = hour + Hours.HOUR_MICROS;
        HourCheck.Found found = check.check(opened(hour, end), hour, end);
        rowsOfAnHour = Math.max(1, Math.max(found.rows().left(), found.rows().right()));
        return found;
      } catch (UnavailableException e) {
        shut();
        pauseOrFail(attempt, e);
      }
    }
  }

  /** Both stores where this hour begins. */
  private Both opened(long hour, long end) throws UnavailableException, CancelledException {
    // Hours may have far more readings than the one before them had: QuestDB must not be held open
    // for days of those, nor read in pieces of the wrong size.
    Optional<Both> reaching =
        open.filter(both -> both.reaches(hour, end) && both.rows() <= 2 * ROWS_AHEAD);
    if (reaching.isPresent()) {
      return reaching.orElseThrow();
    }
    shut();
    int hours = Math.clamp(ROWS_AHEAD / rowsOfAnHour, 1, MOST_HOURS_AHEAD);
    long pieceMicros =
        Math.clamp(
            Hours.HOUR_MICROS * ROWS_OF_A_PIECE / rowsOfAnHour,
            LEAST_PIECE_MICROS,
            MOST_HOURS_AHEAD * Hours.HOUR_MICROS);
    Both both = comparison.open(new Pieces(hour, order.end(hour, hours), pieceMicros, 1));
    open = Optional.of(both);
    return both;
  }

  private void shut() {
    open.ifPresent(Both::close);
    open = Optional.empty();
  }

  private void pauseOrFail(int attempt, UnavailableException e)
      throws UnavailableException, CancelledException {
    if (attempt == TRIES) {
      throw new UnavailableException(
          "reading a store failed " + TRIES + " times; last error: " + e.getMessage(), e);
    }
    try {
      long millis = FIRST_PAUSE.toMillis() << (attempt - 1);
      if (cancelled.await(millis, TimeUnit.MILLISECONDS)) {
        throw new CancelledException();
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new CancelledException();
    }
  }
}
