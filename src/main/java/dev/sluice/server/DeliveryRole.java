package dev.sluice.server;

import dev.sluice.api.Status;
import dev.sluice.cluster.SnapshotKeeper;
import dev.sluice.delivery.Delivery;
import dev.sluice.doctor.Patient;
import dev.sluice.fleet.FleetLedger;
import dev.sluice.ingest.Admission;
import dev.sluice.ingest.NewDays;
import dev.sluice.journal.Journal;
import dev.sluice.journal.Lease;
import dev.sluice.journal.kafka.KafkaJournal;
import dev.sluice.migration.Successor;
import dev.sluice.migration.backfill.Backfill;
import dev.sluice.migration.cutover.Cutover;
import dev.sluice.migration.phase.PhaseRecord;
import dev.sluice.migration.phase.Phases;
import dev.sluice.migration.phase.Role;
import dev.sluice.migration.verify.Verify;
import dev.sluice.query.Reads;
import dev.sluice.query.ShadowReads;
import dev.sluice.settings.Mode;
import dev.sluice.settings.Settings;
import dev.sluice.store.ReadingSource;
import dev.sluice.store.mysql.WriterMark;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What this process does with the stores: everything while it leads, and reads from them while it
 * does not. Where a journal is not shared, it leads from the start to the stop. Beginning and
 * ending take turns; whatever is asked meanwhile, any thread may ask.
 */
final class DeliveryRole implements AutoCloseable {
  /**
   * What a leader works with, and shares with the rest of the process.
   *
   * @param mark of this process, if other nodes may write to the stores in its place
   * @param fleetKeepers keeps the fleet ledger for the next leader, if there can be one
   */
  record Surroundings(
      Settings settings,
      Mode mode,
      Journal journal,
      MeterRegistry metrics,
      NewDays newDays,
      Admission admission,
      EmbeddedServers servers,
      Optional<WriterMark> mark,
      Supplier<Optional<SnapshotKeeper>> fleetKeepers,
      Reads reads,
      ShadowReads shadow,
      InstantSource clock) {}

  /** Has reads go through the sources there are now. */
  @FunctionalInterface
  interface Pointing {
    void at(DeliveryRole role);
  }

  private final Surroundings around;
  private final Phases phases;
  private final Pointing pointing;
  private final ReentrantLock changes = new ReentrantLock();
  private boolean stopping;
  private boolean ingesting;

  /** Being prepared, or at work: what operators see. Changed under the lock. */
  private volatile @Nullable Leading prepared;

  /** At work: what reads go through. Changed under the lock. */
  private volatile @Nullable Leading leading;

  private volatile @Nullable Standby standby;

  /** What it delivers while another node leads; null where nobody else can. */
  private volatile @Nullable PartDelivery part;

  private volatile String notReadable = "Sluice is starting and has not opened it yet";

  /**
   * Opens nothing yet.
   *
   * @param phases where changes of the phase are kept
   * @param mark of this process, if other nodes may write to the stores in its place
   * @param fleetKeepers asked whenever this process begins to lead: keeps the fleet ledger for the
   *     next leader, if there can be one
   * @param pointing called whenever {@link #source} has another answer
   */
  DeliveryRole(
      Settings settings,
      Mode mode,
      Journal journal,
      MeterRegistry metrics,
      NewDays newDays,
      Admission admission,
      Phases phases,
      Optional<WriterMark> mark,
      Supplier<Optional<SnapshotKeeper>> fleetKeepers,
      Reads reads,
      Pointing pointing,
      InstantSource clock) {
    this.phases = phases;
    this.pointing = pointing;
    this.around =
        new Surroundings(
            settings,
            mode,
            journal,
            metrics,
            newDays,
            admission,
            new EmbeddedServers(),
            mark,
            fleetKeepers,
            reads,
            new ShadowReads(settings.shadowReads(), new BothIfLeading()),
            clock);
  }

  /** The stores can be read from now on, whoever leads. */
  void standBy() {
    changes.lock();
    try {
      if (standby == null && !stopping) {
        standby = new Standby(around.settings());
      }
    } finally {
      changes.unlock();
    }
    pointing.at(this);
  }

  /**
   * Begins to open what a leader needs, and returns.
   *
   * @param record the phase in force
   * @param lease how long this process leads
   * @param knowledge of the stores
   * @param successor told what becomes of it
   * @param recall has this process deliver everything
   */
  void prepare(
      PhaseRecord record, Lease lease, Knowledge knowledge, Successor successor, Recall recall)
      throws IOException {
    changes.lock();
    try {
      if (stopping) {
        throw new IOException("Sluice is stopping");
      }
      Leading next = Leading.with(knowledge, around, phases, record, lease, successor, recall);
      prepared = next;
      next.begin();
    } finally {
      changes.unlock();
    }
  }

  /** Waits until all of it is open. */
  void open() throws StartException, IOException {
    changes.lock();
    try {
      preparedLocked().open();
    } finally {
      changes.unlock();
    }
  }

  /** Begins to deliver, and to read through the leader's stores. */
  void start() {
    changes.lock();
    try {
      Leading next = preparedLocked();
      next.start();
      leading = next;
      pointing.at(this);
      next.migrate();
      if (ingesting) {
        next.fleet().ready();
      }
    } finally {
      changes.unlock();
    }
  }

  private Leading preparedLocked() {
    Leading next = prepared;
    if (next == null) {
      throw new AssertionError("nothing is prepared");
    }
    return next;
  }

  /**
   * Ends what a leader does, after the writes in flight, or undoes what was prepared; the stores
   * can be read all the time.
   */
  void stopLeading() throws InterruptedException {
    changes.lock();
    try {
      Leading last = prepared;
      if (last == null) {
        return;
      }
      last.end();
      leading = null;
      pointing.at(this);
      prepared = null;
      last.close();
    } finally {
      changes.unlock();
    }
  }

  /** Lets every delivery catch up until this deadline, then ends it; nothing begins after that. */
  void drain(long deadlineNanos) throws InterruptedException {
    changes.lock();
    try {
      stopping = true;
      notReadable = "Sluice is stopping";
      Leading last = prepared;
      if (last != null) {
        last.drain(deadlineNanos);
      }
    } finally {
      changes.unlock();
    }
  }

  /** Closes the stores; reads must have ended. */
  @Override
  public void close() {
    changes.lock();
    try {
      stopping = true;
      leading = null;
      Leading last = prepared;
      if (last != null) {
        last.close();
      }
      Standby reading = standby;
      if (reading != null) {
        reading.close();
      }
      around.servers().close();
    } finally {
      changes.unlock();
    }
  }

  boolean leads() {
    return leading != null;
  }

  /** A delivery for whoever leads; it is asked while this node does not. */
  PartDelivery partOf(KafkaJournal shared) {
    PartDelivery made = new PartDelivery(around, shared);
    part = made;
    return made;
  }

  /** Whether several nodes may deliver as things are; not while this one does not lead. */
  boolean isDivisible() {
    Leading now = leading;
    return now != null && now.stores().isDivisible();
  }

  /**
   * As {@link RunningStores#deliverAnew}.
   *
   * @throws IOException also while this node does not lead
   */
  void deliverAnew() throws IOException {
    led().deliverAnew();
  }

  /**
   * As {@link RunningStores#endWritesOf}.
   *
   * @throws IOException also while this node does not lead
   */
  void endWritesOf(Set<String> processes) throws IOException {
    led().endWritesOf(processes);
  }

  /**
   * As {@link RunningStores#endWritesOfOthers}.
   *
   * @throws IOException also while this node does not lead
   */
  void endWritesOfOthers() throws IOException {
    led().endWritesOfOthers();
  }

  private RunningStores led() throws IOException {
    Leading now = leading;
    if (now == null) {
      throw new IOException("this node does not lead");
    }
    return now.stores();
  }

  /**
   * How the store in this role is read now; if it cannot be, every read fails with the reason. Does
   * not wait for whoever begins or ends to lead.
   */
  ReadingSource source(Role role) {
    Leading now = leading;
    String name = RunningStores.NAMES.of(role);
    if (now != null) {
      return now.stores().source(name);
    }
    Standby reading = standby;
    return reading == null ? new NotOpen(name, notReadable) : reading.source(role);
  }

  /** Waits a little until reads show what an earlier process acknowledged. */
  void awaitBacklog() throws InterruptedException {
    changes.lock();
    try {
      Leading now = leading;
      if (now != null) {
        now.awaitBacklog();
      }
    } finally {
      changes.unlock();
    }
  }

  /** Readings are taken in from now on, here or by other nodes. */
  void ready() {
    changes.lock();
    try {
      ingesting = true;
      Leading now = prepared;
      if (now != null) {
        now.fleet().ready();
      }
    } finally {
      changes.unlock();
    }
  }

  /** This process takes no more readings in. */
  void leaving() {
    changes.lock();
    try {
      ingesting = false;
      Leading now = prepared;
      if (now != null) {
        now.fleet().leaving();
      }
    } finally {
      changes.unlock();
    }
  }

  /** What this node delivers now, by the sink's name. */
  Map<String, Delivery> deliveries() {
    Leading now = prepared;
    PartDelivery helping = part;
    if (now != null) {
      return now.stores().deliveries();
    }
    return helping == null ? Map.of() : helping.deliveries();
  }

  Optional<LocalDate> newestDay() {
    Leading now = prepared;
    return now == null ? Optional.empty() : now.stores().newestDay();
  }

  /** The URLs shown in the ready line, by name. */
  Map<String, String> urls() {
    Leading now = prepared;
    return now == null ? Map.of() : now.stores().urls();
  }

  /** What an operator should know about the open stores. */
  List<String> warnings() {
    Leading now = prepared;
    return now == null ? List.of() : now.stores().warnings();
  }

  /** The open stores, for the doctor. */
  List<Patient> patients() {
    Leading now = prepared;
    PartDelivery helping = part;
    if (now != null) {
      return now.stores().patients();
    }
    return helping == null ? List.of() : helping.patients();
  }

  Optional<FleetLedger> fleet() {
    Leading now = prepared;
    return now == null ? Optional.empty() : now.fleet().ledger();
  }

  /** As {@link Fleet#ledgerIfKnown}. */
  Optional<Optional<FleetLedger>> fleetIfKnown() {
    Leading now = prepared;
    return now == null ? Optional.empty() : now.fleet().ledgerIfKnown();
  }

  Optional<Cutover> cutover() {
    Leading now = prepared;
    return now == null ? Optional.empty() : now.migration().cutover();
  }

  Optional<Backfill> backfill() {
    Leading now = prepared;
    return now == null ? Optional.empty() : now.migration().backfill();
  }

  Optional<Verify> verify() {
    Leading now = prepared;
    return now == null ? Optional.empty() : now.migration().verify();
  }

  /** Which tables are not the ones that the proofs were made on; null when all are. */
  @Nullable List<Status.Table> tables() {
    Leading now = prepared;
    return now == null ? null : now.migration().tables();
  }

  Reads reads() {
    return around.reads();
  }

  ShadowReads shadow() {
    return around.shadow();
  }

  /** The phase in force as a leader has it; empty while this node is none. */
  Optional<PhaseRecord> phase() {
    Leading now = prepared;
    return now == null ? Optional.empty() : Optional.of(now.migration().phase());
  }

  /** The pair as shadow reads compare it; there is none while this node does not lead. */
  private final class BothIfLeading implements ShadowReads.BothStores {
    @Override
    public Optional<ReadingSource> other(ReadingSource answered) {
      Leading now = leading;
      return now == null ? Optional.empty() : now.migration().shadowStores().other(answered);
    }

    @Override
    public boolean awaitCaughtUp() throws InterruptedException {
      Leading now = leading;
      return now != null && now.migration().shadowStores().awaitCaughtUp();
    }
  }
}
