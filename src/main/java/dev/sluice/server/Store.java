package dev.sluice.server;

import dev.sluice.store.ReadingSource;
import dev.sluice.store.Sink;
import dev.sluice.store.StoreSchema;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * One opened store.
 *
 * @param sink where delivery writes
 * @param source where reads come from
 * @param schema looked at before anything is written, and by whoever wants to know
 * @param parts what else the migration uses of it
 * @param warning what an operator has to know of it while it works; empty when nothing
 * @param urls what the ready line tells of it, by name
 * @param closing closes all of these, in the right order; delivery has ended by then
 */
record Store(
    Sink sink,
    ReadingSource source,
    StoreSchema schema,
    MigrationParts parts,
    Supplier<Optional<String>> warning,
    Map<String, String> urls,
    Stop closing)
    implements AutoCloseable {

  String name() {
    return sink.name();
  }

  /** Never throws; what it closed is not closed again. */
  @Override
  public void close() {
    closing.run();
  }
}
