package dev.sluice;

import com.zaxxer.hikari.metrics.MetricsTrackerFactory;
import dev.sluice.cutover.MirrorSink;
import dev.sluice.cutover.Sides;
import dev.sluice.delivery.Delivery;
import dev.sluice.sink.History;
import dev.sluice.sink.MirrorStore;
import dev.sluice.sink.ReadingScan;
import dev.sluice.sink.Sink;
import dev.sluice.sink.mysql.MysqlConfig;
import dev.sluice.sink.questdb.EmbeddedQuestDb;
import dev.sluice.sink.questdb.RemoteQuestDb;
import java.util.Optional;

/**
 * What the migration uses of one store beside delivery and reads; the only place that knows which
 * classes these are.
 *
 * @param chunkSink a second writer; of the new store only
 * @param history of the legacy store only
 * @param scan of either
 * @param mirror of the new store only
 */
record MigrationParts(
    Optional<Sink> chunkSink,
    Optional<History> history,
    Optional<ReadingScan> scan,
    Optional<MirrorStore> mirror) {

  /** Of the legacy store. */
  static MigrationParts of(
      MysqlConfig config, Optional<MetricsTrackerFactory> metrics, Stop closing) {
    return new MigrationParts(
        Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
  }

  /** Of the new store in this process. */
  static MigrationParts of(EmbeddedQuestDb database, Sink chunkSink) {
    return new MigrationParts(
        Optional.of(chunkSink), Optional.empty(), Optional.empty(), Optional.empty());
  }

  /** Of the new store elsewhere. */
  static MigrationParts of(RemoteQuestDb database, Sink chunkSink) {
    return new MigrationParts(
        Optional.of(chunkSink), Optional.empty(), Optional.empty(), Optional.empty());
  }

  /** Both stores side by side. */
  static Optional<Sides> sides(
      Store mysql, Store questDb, Delivery toMysql, Delivery toQuestDb, MirrorSink mirror) {
    MigrationParts legacy = mysql.parts();
    MigrationParts next = questDb.parts();
    if (legacy.history.isEmpty()
        || legacy.scan.isEmpty()
        || next.chunkSink.isEmpty()
        || next.scan.isEmpty()
        || next.mirror.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Sides(
            toMysql,
            toQuestDb,
            mirror,
            next.chunkSink.orElseThrow(),
            legacy.history.orElseThrow(),
            legacy.scan.orElseThrow(),
            next.scan.orElseThrow(),
            mysql.source(),
            questDb.source(),
            next.mirror.orElseThrow()));
  }
}
