package dev.sluice.migration;

import dev.sluice.delivery.Delivery;
import dev.sluice.journal.Mark;
import dev.sluice.store.History;
import dev.sluice.store.MirrorStore;
import dev.sluice.store.ReadingScan;
import dev.sluice.store.ReadingSource;
import dev.sluice.store.Sink;
import java.util.Optional;

/**
 * Both stores of the migration, while both are written (phases mirror and questdb). Immutable; the
 * parts are thread-safe, except for {@link Next#chunkSink}.
 */
public record Pair(Legacy legacy, Next next) {
  /**
   * The store that is being left.
   *
   * @param history its table as backfill reads it
   */
  public record Legacy(
      Delivery delivery, ReadingSource source, ReadingScan scan, History history) {}

  /**
   * The store that takes over.
   *
   * @param log reports how much of what was written has been applied and can be read
   * @param mirror what {@code delivery} writes through
   * @param chunkSink a second writer, for backfill and repair; used only inside the mirror's chunks
   */
  public record Next(
      Delivery delivery,
      ReadingSource source,
      ReadingScan scan,
      MirrorStore log,
      MirrorSink mirror,
      Sink chunkSink) {
    /**
     * Everything the mirror has written by now is before this. A row that MySQL has not brought up
     * to it may be older than what the mirror wrote long ago.
     */
    public Mark written() {
      return delivery.handed();
    }
  }

  /** The two as a phase change sees them. */
  public Sides sides() {
    return new Sides(
        new Side.Delivered(legacy.delivery, legacy.source, Optional.empty()),
        new Side.Delivered(next.delivery, next.source, Optional.of(next.log)));
  }
}
