package dev.sluice.server;

import dev.sluice.fleet.FleetLedger;
import dev.sluice.journal.Journal;
import dev.sluice.journal.Lease;
import dev.sluice.migration.cutover.ProvenTables;
import dev.sluice.migration.parity.ParityMap;
import dev.sluice.migration.phase.PhaseRecord;
import dev.sluice.migration.phase.Phases;
import java.io.IOException;

/**
 * What the node that leads does, from when it begins to lead until it ends: it delivers to the
 * stores, moves them from phase to phase, and keeps the fleet ledger. Used by one thread at a time,
 * apart from what its parts allow to any.
 *
 * <p>Opens side by side what takes long: {@link #begin}, {@link #open}, {@link #start}. Ends as a
 * process ends, with {@link #drain}, or at once; {@link #close} closes what is left.
 */
final class Leading implements AutoCloseable {
  private final DeliveryRole.Surroundings around;
  private final PhaseRecord record;
  private final RunningStores stores;
  private final Migration migration;
  private final Fleet fleet = new Fleet();

  /**
   * Opens no store yet.
   *
   * @param record the phase in force
   * @param lease asked before each write to a store
   * @param recall used before a store joins
   */
  Leading(
      DeliveryRole.Surroundings around,
      Phases phases,
      PhaseRecord record,
      Lease lease,
      Recall recall)
      throws IOException {
    this.around = around;
    this.record = record;
    ParityMap parity = ParityMap.open(around.settings().verify().directory(), around.clock());
    ProvenTables tables =
        new ProvenTables(
            around.settings().cutover().directory(),
            RunningStores.NAMES,
            around.settings().questDb().durableAfter(),
            around.clock());
    this.stores =
        new RunningStores(
            around.settings(),
            around.mode(),
            around.journal(),
            around.metrics(),
            around.clock(),
            tables,
            parity,
            around.newDays(),
            around.servers(),
            around.mark(),
            lease,
            recall);
    this.migration =
        new Migration(
            around.settings(),
            phases,
            record,
            stores,
            around.reads(),
            around.shadow(),
            parity,
            tables,
            () -> around.admission().latency().quantile(0.99),
            around.clock());
  }

  /** Others have led since this node did: what it knows of the time before no longer holds. */
  void forget(String why) throws IOException {
    migration.forgetProofs(why);
    FleetLedger.forget(around.settings().fleet());
  }

  /** Begins to open the stores, and returns. */
  void begin() {
    stores.begin(record.phase());
  }

  /** Waits until they are open, and opens every cursor. */
  void open() throws StartException, IOException {
    Journal journal = around.journal();
    fleet.open(
        around.settings().fleet(),
        journal,
        around.admission().counters()::notNowRequests,
        around.admission().counters()::overLimitRequests,
        around.clock());
    stores.open();
  }

  /** Begins to deliver. */
  void start() {
    stores.start();
    fleet.start();
  }

  /** Resumes what was interrupted, and lets operators in; reads come from these stores by now. */
  void migrate() {
    migration.start();
  }

  /** Waits a little until reads show what an earlier process acknowledged. */
  void awaitBacklog() throws InterruptedException {
    stores.awaitBacklog(record.phase().reads());
  }

  RunningStores stores() {
    return stores;
  }

  Migration migration() {
    return migration;
  }

  Fleet fleet() {
    return fleet;
  }

  /** Lets every delivery catch up until this deadline, by {@link System#nanoTime}, then ends it. */
  void drain(long deadlineNanos) throws InterruptedException {
    migration.close();
    stores.stopDelivery(deadlineNanos);
    // Its cursor can be kept only while this process leads.
    fleet.close();
  }

  /** Ends all work after the writes in flight; the stores can still be read. */
  void end() throws InterruptedException {
    migration.close();
    stores.endDelivery();
    fleet.leaving();
    fleet.end();
    migration.awaitUnchanging();
  }

  /** Closes the stores; nobody may read from them any more. */
  @Override
  public void close() {
    migration.close();
    fleet.close();
    stores.close();
  }
}
