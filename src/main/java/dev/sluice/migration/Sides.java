package dev.sluice.migration;

import dev.sluice.delivery.Delivery;
import dev.sluice.store.History;
import dev.sluice.store.MirrorStore;
import dev.sluice.store.ReadingScan;
import dev.sluice.store.ReadingSource;
import dev.sluice.store.Sink;

/**
 * Both stores, as they are while both are written (phases mirror and questdb). Immutable; the parts
 * are thread-safe, but for {@code chunkSink}.
 *
 * @param mysql delivery to the legacy store
 * @param questDb delivery to the new store, through {@code mirror}
 * @param mirror what delivery to the new store writes through
 * @param chunkSink a second writer of the new store, for backfill and repair; used only inside
 *     {@link MirrorSink}'s chunks
 * @param history the legacy table as backfill reads it
 */
public record Sides(
    Delivery mysql,
    Delivery questDb,
    MirrorSink mirror,
    Sink chunkSink,
    History history,
    ReadingScan mysqlScan,
    ReadingScan questDbScan,
    ReadingSource mysqlSource,
    ReadingSource questDbSource,
    MirrorStore questDbStore) {}
