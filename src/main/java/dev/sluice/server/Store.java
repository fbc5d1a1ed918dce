package dev.sluice.server;

import dev.sluice.store.ReadingSource;
import dev.sluice.store.Sink;
import dev.sluice.store.StoreSchema;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * One open store.
 *
 * @param sink where delivery writes
 * @param source where reads come from
 * @param schema checked before anything is written, and on request
 * @param parts what else the migration uses of it
 * @param warning what an operator should know about it while it works; empty when nothing
 * @param urls its URLs in the ready line, by name
 * @param closing closes all of these, in the right order; delivery must have ended by then
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

  /** Never throws; calling it again does nothing. */
  @Override
  public void close() {
    closing.run();
  }
}
