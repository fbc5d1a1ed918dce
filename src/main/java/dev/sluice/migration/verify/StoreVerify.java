package dev.sluice.migration.verify;

import dev.sluice.api.MismatchCounts;
import dev.sluice.api.ParityHour;
import dev.sluice.api.RepairResult;
import dev.sluice.api.VerifyStatus;
import dev.sluice.migration.CatchUp;
import dev.sluice.migration.Pair;
import dev.sluice.migration.Pulse;
import dev.sluice.migration.Pulse.CancelledException;
import dev.sluice.migration.RefusedException;
import dev.sluice.migration.Stores;
import dev.sluice.migration.Truth;
import dev.sluice.migration.UnfinishedException;
import dev.sluice.migration.parity.HourParity;
import dev.sluice.migration.parity.Hours;
import dev.sluice.migration.parity.ParityMap;
import dev.sluice.store.ReadingSource.UnavailableException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Verify over the stores of this process. Thread-safe. At most one run or repair is under way; a
 * run has its own thread, a repair runs on the caller's.
 *
 * <p>Only the parity map and the mismatch files outlive the process: after a crash, a new run does
 * what is still needed.
 */
public final class StoreVerify implements Verify {
  private static final Logger LOG = LoggerFactory.getLogger(StoreVerify.class);

  private final VerifyConfig config;
  private final ParityMap parity;
  private final Stores stores;
  private final InstantSource clock;
  private final Truth truth;
  private final MismatchFiles files;
  private final ReentrantLock lock = new ReentrantLock();

  /** The last run, active or finished. */
  private volatile @Nullable VerifyRun run;

  private boolean repairing;
  private volatile boolean stopping;

  /**
   * Starts nothing.
   *
   * @param truth which store a repair makes the other one equal to
   */
  public StoreVerify(
      VerifyConfig config, ParityMap parity, Stores stores, InstantSource clock, Truth truth) {
    this.config = config;
    this.parity = parity;
    this.stores = stores;
    this.clock = clock;
    this.truth = truth;
    this.files = files(config);
  }

  /**
   * Removes the lists of mismatches, which are of another comparison than the parity map's.
   *
   * @throws IOException if they cannot be removed
   */
  public static void forgetLists(VerifyConfig config) throws IOException {
    files(config).load(hour -> false);
  }

  private static MismatchFiles files(VerifyConfig config) {
    return new MismatchFiles(config.directory().resolve("mismatches"), config.maxMismatchBytes());
  }

  @Override
  public Optional<String> objection() {
    return parity.objection(config.maxDirtyAge());
  }

  /** Whether the stores have been compared as a whole. */
  public boolean passed() {
    return parity.completePassAt().isPresent();
  }

  /** What differed in the last comparison of each hour. */
  public MismatchCounts mismatches() {
    return parity.mismatches();
  }

  /** {@link #objection}, and every hour must also have been compared after this moment. */
  public Optional<String> objectionSince(Instant flippedAt) {
    return parity.objectionSince(flippedAt, config.maxDirtyAge());
  }

  @Override
  public void start(Scope scope) throws RefusedException {
    truth.look();
    lock.lock();
    try {
      Pair pair = freeLocked("start verify");
      belongTo(pair);
      VerifyRun next = new VerifyRun(scope, config, parity, files, pair, stores, clock);
      run = next;
      next.start();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void cancel() throws RefusedException {
    VerifyRun last = run;
    if (last == null || !last.running()) {
      throw new RefusedException(
          "cancel verify: no verification is running; start one with 'sluice verify start'");
    }
    last.cancel();
  }

  /**
   * Ends whatever is under way because the mirror is being left; may be started again afterwards.
   *
   * @return false if it did not end in time
   */
  public boolean stopAndWait(Duration timeout) throws InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    stopping = true;
    try {
      VerifyRun last = run;
      if (last != null) {
        last.cancel();
        if (!last.join(timeout)) {
          return false;
        }
      }
      while (isRepairing()) {
        if (System.nanoTime() - deadline > 0) {
          return false;
        }
        Thread.sleep(10);
      }
      return true;
    } finally {
      stopping = false;
    }
  }

  /**
   * Ends whatever is under way and forgets everything compared, because the tables have changed.
   *
   * @return false if it did not end in time, or could not be forgotten: try again
   */
  public boolean forget(Duration timeout) throws InterruptedException {
    if (!stopAndWait(timeout)) {
      return false;
    }
    lock.lock();
    try {
      VerifyRun last = run;
      if (repairing || (last != null && last.running())) {
        return false;
      }
      parity.forget();
      return true;
    } catch (IOException e) {
      LOG.warn("The parity map in {} cannot be emptied; retrying", config.directory(), e);
      return false;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public RepairResult repair(boolean execute) throws RefusedException {
    Pair pair = claimRepair();
    RepairResult result;
    try {
      files.load(this::mismatched);
      refuseUnlisted();
      if (!truth.isMysql()) {
        return new Resend(pair, config.directory().resolve("to-send.ndjson"), execute).run(files);
      }
      Pulse pulse = this::endRepairWhenStopping;
      CatchUp catchUp =
          new CatchUp(
              stores, pair, config.settleTimeout(), VerifyKeys.SETTLE_TIMEOUT.name(), pulse);
      TakenOut takenOut = new TakenOut(config.directory().resolve("taken-out.ndjson"));
      result = new Repair(pair, parity, catchUp, takenOut, execute).run(files);
    } catch (CancelledException e) {
      throw new RefusedException("repair ended early: the mirror is being left");
    } catch (UnavailableException | UnfinishedException | IOException | UncheckedIOException e) {
      throw new RefusedException("repair ended early: " + e.getMessage() + "; repair again");
    } finally {
      releaseRepair();
    }
    if (execute) {
      compareAgain();
    }
    return result;
  }

  /**
   * Only what is listed can be repaired; another node may have listed it, or somebody removed it.
   */
  private void refuseUnlisted() throws RefusedException {
    Set<Long> listed = Set.copyOf(files.hours());
    Optional<HourParity> unlisted =
        parity
            .hours(0, Long.MAX_VALUE)
            .filter(hour -> hour.mismatches().total() > 0)
            .filter(hour -> !listed.contains(hour.hourMicros()))
            .findFirst();
    if (unlisted.isPresent()) {
      throw new RefusedException(
          "repair: %s has no list of what differs in hour %s, which another node wrote or somebody removed; run 'sluice verify start', which lists it anew"
              .formatted(files.directory(), Hours.name(unlisted.get().hourMicros())));
    }
  }

  private void compareAgain() {
    try {
      start(Scope.NEEDED);
    } catch (RefusedException e) {
      // Another caller has started a run, or the mirror was left: neither undoes the repair.
      LOG.info("Not compared again after a repair: {}", e.getMessage());
    }
  }

  private void endRepairWhenStopping(long rows) throws CancelledException {
    if (stopping) {
      throw new CancelledException();
    }
  }

  private Pair claimRepair() throws RefusedException {
    lock.lock();
    try {
      Pair pair = freeLocked("repair");
      belongTo(pair);
      repairing = true;
      return pair;
    } finally {
      lock.unlock();
    }
  }

  private void releaseRepair() {
    lock.lock();
    try {
      repairing = false;
    } finally {
      lock.unlock();
    }
  }

  private boolean isRepairing() {
    lock.lock();
    try {
      return repairing;
    } finally {
      lock.unlock();
    }
  }

  private Pair freeLocked(String what) throws RefusedException {
    VerifyRun last = run;
    if (last != null && last.running()) {
      throw new RefusedException(
          what + ": verify has been running since " + last.startedAt() + "; wait, or cancel it");
    }
    if (repairing) {
      throw new RefusedException(what + ": a repair is in progress; wait for it to end");
    }
    return stores
        .pair()
        .orElseThrow(() ->
            new RefusedException(
                what
                    + ": only one store is written; there is nothing to compare with until"
                    + " the phase is mirror"));
  }

  private void belongTo(Pair pair) throws RefusedException {
    try {
      parity.belongTo(pair.next().delivery().origin());
    } catch (IOException e) {
      throw new RefusedException(
          "the parity map in " + config.directory() + " cannot be kept: " + e.getMessage());
    }
  }

  private boolean mismatched(long hour) {
    return parity.hour(hour).filter(known -> known.mismatches().total() > 0).isPresent();
  }

  @Override
  public Stream<ParityHour> hours(Instant from, Instant to) {
    return parity.hours(micros(from), micros(to)).map(HourParity::shown);
  }

  private static long micros(Instant instant) {
    long seconds = Math.clamp(instant.getEpochSecond(), 0, TimeUnit.DAYS.toSeconds(3_000_000));
    return TimeUnit.SECONDS.toMicros(seconds) + instant.getNano() / 1_000;
  }

  @Override
  public VerifyStatus status() {
    Optional<VerifyRun> last = Optional.ofNullable(run);
    VerifyRun.Progress now = last.map(VerifyRun::progress).orElse(VerifyRun.Progress.IDLE);
    return new VerifyStatus(
        label(now.state()),
        last.map(each -> label(each.scope())).orElse(null),
        now.why().isEmpty() ? null : now.why(),
        now.counts().hours(),
        now.hoursTotal(),
        now.hour().isPresent() ? Hours.name(now.hour().getAsLong()) : null,
        now.counts().rows(),
        Math.round(last.map(VerifyRun::rowsPerSecond).orElse(0.0)),
        last.map(VerifyRun::startedAt).orElse(null),
        now.finishedAt().orElse(null),
        last.map(each -> each.control(now.counts())).orElse(null),
        parity.states(),
        parity.mismatches(),
        files.directory().toString(),
        parity.completePassAt().orElse(null),
        objection().orElse(null));
  }

  private static String label(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
