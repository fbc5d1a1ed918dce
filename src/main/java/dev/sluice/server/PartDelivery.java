package dev.sluice.server;

import dev.sluice.admin.metrics.SinkMetrics;
import dev.sluice.cluster.Right;
import dev.sluice.delivery.Delivery;
import dev.sluice.delivery.DeliveryConfig;
import dev.sluice.delivery.DeliveryStatus;
import dev.sluice.doctor.Patient;
import dev.sluice.journal.kafka.KafkaJournal;
import dev.sluice.migration.Successor;
import dev.sluice.migration.cutover.ProvenTables;
import dev.sluice.migration.phase.PhaseRecord;
import dev.sluice.migration.phase.Role;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The delivery of some partitions to the one store of the phase, while another node leads. Proves
 * nothing and changes no schema. Used by one thread at a time; what it delivers, any may ask.
 */
final class PartDelivery implements AutoCloseable {
  private final DeliveryRole.Surroundings around;
  private final KafkaJournal journal;
  private final Deliveries deliveries;

  private volatile @Nullable StoreParts store;
  private long epoch;
  private @Nullable Right right;

  /** Opens nothing yet. */
  PartDelivery(DeliveryRole.Surroundings around, KafkaJournal journal) {
    this.around = around;
    this.journal = journal;
    this.deliveries = new Deliveries(new SinkMetrics(around.metrics()));
  }

  /** Whether several nodes may deliver in this phase: while both stores are written, one does. */
  static boolean isDivisible(PhaseRecord record) {
    return !record.phase().writes(Role.LEGACY) || !record.phase().writes(Role.NEXT);
  }

  /** Epoch of the phase whose store is open; 0 if none is. */
  long epoch() {
    return epoch;
  }

  /**
   * Opens the store that this phase writes.
   *
   * @throws StartException if it cannot be written to now; nothing is left open
   */
  void open(PhaseRecord record) throws StartException, IOException {
    ProvenTables tables =
        new ProvenTables(
            around.settings().cutover().directory(),
            RunningStores.NAMES,
            around.settings().questDb().durableAfter(),
            Successor.NOBODY,
            around.clock());
    StoreParts opened =
        record.phase().writes(Role.LEGACY)
            ? new MysqlOpener(
                    around.settings(),
                    around.mode(),
                    around.metrics(),
                    tables,
                    around.servers(),
                    around.mark())
                .openBesideOthers()
            : new QuestDbOpener(around.settings(), around.mode(), tables, around.servers()).open();
    Optional<String> problem = opened.schema().state().problem();
    if (problem.isPresent()) {
      opened.close();
      throw new StartException(problem.get());
    }
    store = opened;
    epoch = record.epoch();
  }

  /** The right under which it delivers; null while it delivers nothing. */
  @Nullable Right right() {
    return right;
  }

  /**
   * Begins to deliver the partitions of this right; nothing is being delivered.
   *
   * @throws IOException if it cannot; nothing is delivered then
   */
  void begin(Right now) throws IOException {
    StoreParts open = store;
    if (open == null) {
      throw new AssertionError("no store is open");
    }
    journal.deliverUnder(now::keeps, now.partitions());
    right = now;
    try {
      deliveries.add(
          new Delivery(
              new LeasedSink(open.sink(), now::writes),
              journal.feed(open.name()),
              config(open.name()),
              around.clock()));
      deliveries.start(open.name());
    } catch (IOException | RuntimeException e) {
      end();
      throw e;
    }
  }

  private DeliveryConfig config(String sink) {
    return sink.equals(RunningStores.NAMES.legacy())
        ? around.settings().mysqlDelivery()
        : around.settings().questDbDelivery();
  }

  /** Ends it after the write under way, and keeps how far it came, if its right lets it. */
  void end() {
    Right ended = right;
    if (ended != null) {
      deliveries.end();
      ended.end();
      journal.leaveDelivery();
      right = null;
    }
  }

  /** Whether the store takes nothing now. */
  boolean isStuck() {
    return deliveries.bySink().values().stream()
        .anyMatch(delivery -> delivery.status().state() != DeliveryStatus.State.RUNNING);
  }

  /** The current deliveries, by the sink's name. */
  Map<String, Delivery> deliveries() {
    return deliveries.bySink();
  }

  /** The open store, for the doctor. */
  List<Patient> patients() {
    StoreParts open = store;
    return open == null
        ? List.of()
        : List.of(new Patient(open.name(), open.checkup(), Optional.of(open.schema())));
  }

  /** Ends delivery and closes the store. */
  @Override
  public void close() {
    end();
    StoreParts open = store;
    store = null;
    epoch = 0;
    if (open != null) {
      open.close();
    }
  }
}
