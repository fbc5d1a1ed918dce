package dev.sluice.server;

import dev.sluice.api.MismatchCounts;
import dev.sluice.api.Status;
import dev.sluice.migration.CatchUp;
import dev.sluice.migration.Successor;
import dev.sluice.migration.VisibleLag;
import dev.sluice.migration.backfill.AnswerTimes;
import dev.sluice.migration.backfill.Backfill;
import dev.sluice.migration.backfill.HistoryBackfill;
import dev.sluice.migration.cutover.Cutover;
import dev.sluice.migration.cutover.GuardedCutover;
import dev.sluice.migration.cutover.Proofs;
import dev.sluice.migration.cutover.ProvenTables;
import dev.sluice.migration.parity.ParityMap;
import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.phase.PhaseRecord;
import dev.sluice.migration.phase.Phases;
import dev.sluice.migration.phase.Role;
import dev.sluice.migration.verify.StoreVerify;
import dev.sluice.migration.verify.Verify;
import dev.sluice.query.Reads;
import dev.sluice.query.ShadowReads;
import dev.sluice.settings.Settings;
import dev.sluice.store.ReadingSource;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Moves a running Sluice from phase to phase, and is wired to its stores, for as long as this
 * process leads. The routes find its parts between {@link #start} and {@link #close}.
 */
final class Migration implements AutoCloseable {
  private static final Duration STOP_WITHIN = Duration.ofSeconds(10);

  private final RunningStores stores;
  private final ProvenTables tables;
  private final Duration longestFlip;
  private final VisibleLag lag;
  private final HistoryBackfill backfill;
  private final StoreVerify verify;
  private final GuardedCutover cutover;
  private volatile boolean open;
  private boolean closed;

  /**
   * Starts nothing.
   *
   * @param record the phase in force, as {@code phases} gave it
   * @param reads held by a flip
   * @param ingest how long it takes to answer
   * @param successor told whatever changes; {@link #everything} says what there is to begin with
   */
  Migration(
      Settings settings,
      Phases phases,
      PhaseRecord record,
      RunningStores stores,
      Reads reads,
      ShadowReads shadow,
      ParityMap parity,
      ProvenTables tables,
      AnswerTimes ingest,
      Successor successor,
      InstantSource clock) {
    this.stores = stores;
    this.tables = tables;
    this.longestFlip = settings.cutover().timeout();
    this.lag = new VisibleLag(stores);
    this.backfill =
        new HistoryBackfill(settings.backfill(), stores, ingest, lag, clock, tables, successor);
    this.verify = new StoreVerify(settings.verify(), parity, stores, clock, tables);
    this.cutover =
        new GuardedCutover(
            settings.cutover(),
            phases,
            record,
            stores,
            reads,
            new Proven(),
            shadow,
            successor,
            clock);
    stores.serve(new Jobs());
  }

  /** Called once the stores are delivered to and read from: resumes what was interrupted. */
  void start() {
    lag.start();
    tables.start(stores, new OnTables());
    cutover.start();
    backfill.resumeAfterStart();
    open = true;
  }

  /**
   * Forgets what this node has proven about the two stores: others have written to them since.
   * Called before the start.
   */
  void forgetProofs(String why) throws IOException {
    try {
      if (!backfill.forget(why, STOP_WITHIN) || !verify.forget(STOP_WITHIN)) {
        throw new IOException("what was proven about the stores cannot be forgotten: " + why);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /**
   * Has the next one find what a successor was told, in the place of what its files hold.
   *
   * @throws IOException if they cannot be written
   */
  static void inherit(Settings settings, Map<String, String> told) throws IOException {
    ParityMap.inherit(settings.verify().directory(), told);
    HistoryBackfill.inherit(settings.backfill().directory(), told);
    GuardedCutover.inherit(settings.cutover().directory(), told);
  }

  /** All that a successor must be told. */
  Map<String, String> everything() {
    Map<String, String> everything = new HashMap<>(backfill.everything());
    everything.putAll(cutover.everything());
    return everything;
  }

  /** The phase in force. */
  PhaseRecord phase() {
    return cutover.phase();
  }

  Optional<Cutover> cutover() {
    return open ? Optional.of(cutover) : Optional.empty();
  }

  Optional<Backfill> backfill() {
    return open ? Optional.of(backfill) : Optional.empty();
  }

  Optional<Verify> verify() {
    return open ? Optional.of(verify) : Optional.empty();
  }

  /** Which tables are not the ones that the proofs were made on; null when all are. */
  @Nullable List<Status.Table> tables() {
    return tables.replaced();
  }

  /**
   * Ends everything that works with both stores, before delivery ends; a backfill resumes after the
   * next start.
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    open = false;
    cutover.close();
    tables.close();
    backfill.close();
    endVerify();
    lag.close();
  }

  /** Backfill and verify, as the stores must know of them. */
  private final class Jobs implements PairJobs {
    @Override
    public void end() {
      backfill.stopAndWait(STOP_WITHIN);
      endVerify();
    }

    /** The same offset in the journal does not make it the same mirror. */
    @Override
    public boolean forget() throws InterruptedException {
      return backfill.forget("this is a new mirror", STOP_WITHIN) && verify.forget(STOP_WITHIN);
    }
  }

  private void endVerify() {
    try {
      verify.stopAndWait(STOP_WITHIN);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What has been proven about the two tables. */
  private final class OnTables implements ProvenTables.Rests {
    @Override
    public boolean proven() {
      return backfill.begun() || verify.passed();
    }

    @Override
    public boolean forget(String why) {
      try {
        return backfill.forget(why, STOP_WITHIN) && verify.forget(STOP_WITHIN);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }

    @Override
    public boolean provenAnew() {
      return backfill.complete() && parityProven();
    }

    @Override
    public boolean parityProven() {
      return verify.objection().isEmpty();
    }

    @Override
    public boolean compared() {
      return verify.passed();
    }

    @Override
    public long onlyInQuestDb() {
      MismatchCounts found = verify.mismatches();
      return found.extra() + found.value() + found.precision();
    }

    @Override
    public boolean readsQuestDb() {
      return phaseReadsQuestDb();
    }
  }

  private boolean phaseReadsQuestDb() {
    return cutover.phase().phase().reads() == Role.NEXT;
  }

  /** What a flip may rest on. */
  private final class Proven implements Proofs {
    @Override
    public boolean backfillComplete() {
      return backfill.complete();
    }

    @Override
    public Optional<String> parityObjection() {
      return verify.objection();
    }

    @Override
    public Optional<String> parityObjectionSince(Instant since) {
      return verify.objectionSince(since);
    }

    @Override
    public Optional<String> tablesObjection(Phase to) {
      return tables.objection(to);
    }

    @Override
    public Duration visibleLag() {
      Duration now = lag.current();
      Duration usual = lag.p99();
      return now.compareTo(usual) > 0 ? now : usual;
    }
  }

  /** Waits until no phase change is under way: without delivery, it fails soon. */
  void awaitUnchanging() throws InterruptedException {
    if (!cutover.awaitUnchanging(longestFlip.plus(STOP_WITHIN))) {
      throw new AssertionError("a phase change goes on for longer than cutover.timeout allows");
    }
  }

  ShadowReads.BothStores shadowStores() {
    return new ShadowStores();
  }

  /** The pair as shadow reads compare it. */
  private final class ShadowStores implements ShadowReads.BothStores {
    @Override
    public Optional<ReadingSource> other(ReadingSource answered) {
      return stores
          .pair()
          .map(pair ->
              answered.name().equals(pair.legacy().source().name())
                  ? pair.next().source()
                  : pair.legacy().source());
    }

    @Override
    public boolean awaitCaughtUp() throws InterruptedException {
      return CatchUp.awaitBoth(stores, longestFlip).isEmpty();
    }
  }
}
