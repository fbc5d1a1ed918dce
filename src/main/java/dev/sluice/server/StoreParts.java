package dev.sluice.server;

import dev.sluice.store.History;
import dev.sluice.store.MarkedTable;
import dev.sluice.store.MirrorStore;
import dev.sluice.store.ReadingScan;
import dev.sluice.store.ReadingSource;
import dev.sluice.store.Sink;
import dev.sluice.store.StoreCheckup;
import dev.sluice.store.StoreSchema;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one open store offers.
 *
 * @param sink where delivery writes
 * @param source where reads come from
 * @param schema checked before anything is written, and on request
 * @param checkup what its settings mean
 * @param part what it offers to the migration; null for a store that has no role in it
 * @param warning what an operator should know about it
 * @param urls its URLs in the ready line, by name
 * @param closing closes all of these, in the right order; delivery must have ended by then
 */
record StoreParts(
    Sink sink,
    ReadingSource source,
    StoreSchema schema,
    StoreCheckup checkup,
    @Nullable Part part,
    Warning warning,
    Map<String, String> urls,
    Stop closing)
    implements AutoCloseable {

  /** What a store offers to the migration, by its role. */
  sealed interface Part {
    /** Reads all of it, to compare it with the other store. */
    ReadingScan scan();

    /** Its table, as whatever is proven about it names it. */
    MarkedTable table();
  }

  /**
   * The store that is being left.
   *
   * @param history its table as backfill reads it
   */
  record Legacy(ReadingScan scan, History history, MarkedTable table) implements Part {}

  /**
   * The store that takes over.
   *
   * @param mirror reports how much of what was written can be read
   * @param chunkSink a second writer, for backfill and repair
   */
  record Next(ReadingScan scan, MirrorStore mirror, Sink chunkSink, MarkedTable table)
      implements Part {}

  /** What an operator should know about a store while it works. Thread-safe. */
  @FunctionalInterface
  interface Warning {
    Warning NONE = Optional::empty;

    /** Empty if there is nothing. */
    Optional<String> warning();
  }

  String name() {
    return sink.name();
  }

  /** Its part in the role it must have here. */
  <P extends Part> P as(Class<P> role) {
    if (!role.isInstance(part)) {
      throw new AssertionError(name() + " is not the " + role.getSimpleName() + " store");
    }
    return role.cast(part);
  }

  /** Never throws; calling it again does nothing. */
  @Override
  public void close() {
    closing.run();
  }
}
