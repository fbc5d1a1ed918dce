package dev.sluice.server;

import dev.sluice.fleet.FleetLedger;
import dev.sluice.journal.Journal;
import dev.sluice.journal.Lease;
import dev.sluice.migration.Successor;
import dev.sluice.migration.cutover.ProvenTables;
import dev.sluice.migration.parity.ParityMap;
import dev.sluice.migration.phase.PhaseRecord;
import dev.sluice.migration.phase.Phases;
import dev.sluice.migration.verify.StoreVerify;
import dev.sluice.settings.Settings;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the node that leads does, from when it begins to lead until it ends: it delivers to the
 * stores, moves them from phase to phase, and keeps the fleet ledger. Used by one thread at a time,
 * apart from what its parts allow to any.
 *
 * <p>Opens side by side what takes long: {@link #begin}, {@link #open}, {@link #start}. Ends as a
 * process ends, with {@link #drain}, or at once; {@link #close} closes what is left.
 */
final class Leading implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Leading.class);

  private final DeliveryRole.Surroundings around;
  private final PhaseRecord record;
  private final ParityMap parity;
  private final ProvenTables tables;
  private final RunningStores stores;
  private final Migration migration;
  private final Fleet fleet = new Fleet();

  /** Opens no store yet; reads what this process knows of them from its files. */
  private Leading(
      DeliveryRole.Surroundings around,
      Phases phases,
      PhaseRecord record,
      Lease lease,
      Successor successor,
      Recall recall)
      throws IOException {
    this.around = around;
    this.record = record;
    this.parity = ParityMap.open(around.settings().verify().directory(), successor, around.clock());
    this.tables =
        new ProvenTables(
            around.settings().cutover().directory(),
            RunningStores.NAMES,
            around.settings().questDb().durableAfter(),
            successor,
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
            successor,
            around.clock());
  }

  /**
   * Opens no store yet.
   *
   * @param knowledge what this process begins with
   * @param record the phase in force
   * @param lease asked before each write to a store
   * @param successor told all that this process knows before this returns, and what changes then
   * @param recall used before a store joins
   */
  static Leading with(
      Knowledge knowledge,
      DeliveryRole.Surroundings around,
      Phases phases,
      PhaseRecord record,
      Lease lease,
      Successor successor,
      Recall recall)
      throws IOException {
    if (knowledge instanceof Knowledge.Inherited inherited) {
      inherit(around.settings(), inherited);
    }
    Leading leading = new Leading(around, phases, record, lease, successor, recall);
    if (knowledge instanceof Knowledge.Nothing(String why)) {
      leading.migration.forgetProofs(why);
      FleetLedger.forget(around.settings().fleet());
    }
    leading.tell(successor);
    return leading;
  }

  /**
   * Has this process find in its files what the last leader told.
   *
   * @throws IOException if they cannot be written
   */
  static void inherit(Settings settings, Knowledge.Inherited knowledge) throws IOException {
    ProvenTables.inherit(settings.cutover().directory(), knowledge.told());
    Migration.inherit(settings, knowledge.told());
    if (!knowledge.ledBefore()) {
      StoreVerify.forgetLists(settings.verify());
      FleetLedger.forget(settings.fleet());
      LOG.info("This node goes on with what the last leader knew of the stores");
    }
  }

  private void tell(Successor successor) throws IOException {
    Map<String, String> everything = new HashMap<>();
    everything.putAll(parity.everything());
    everything.putAll(tables.everything());
    everything.putAll(migration.everything());
    successor.tellAll(everything);
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
        around.fleetKeepers().get(),
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
