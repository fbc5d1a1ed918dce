package dev.sluice.server;

import com.zaxxer.hikari.metrics.MetricsTrackerFactory;
import dev.sluice.delivery.Delivery;
import dev.sluice.migration.MirrorSink;
import dev.sluice.migration.Pair;
import dev.sluice.store.History;
import dev.sluice.store.MarkedTable;
import dev.sluice.store.MirrorStore;
import dev.sluice.store.ReadingScan;
import dev.sluice.store.Sink;
import dev.sluice.store.mysql.MysqlConfig;
import dev.sluice.store.mysql.MysqlHistory;
import dev.sluice.store.mysql.MysqlScan;
import dev.sluice.store.questdb.QuestDbMarks;
import dev.sluice.store.questdb.engine.EmbeddedQuestDb;
import dev.sluice.store.questdb.remote.RemoteQuestDb;
import java.time.Duration;
import java.util.Optional;

/**
 * What the migration uses of one store besides delivery and reads; the only place that knows the
 * classes of these parts.
 *
 * @param chunkSink a second writer; only for the new store
 * @param history only for the legacy store
 * @param scan for both
 * @param mirror only for the new store
 * @param table for both
 */
record MigrationParts(
    Optional<Sink> chunkSink,
    Optional<History> history,
    Optional<ReadingScan> scan,
    Optional<MirrorStore> mirror,
    MarkedTable table) {

  /** The parts of the legacy store; {@code closing} closes them. */
  static MigrationParts of(
      MysqlConfig config,
      Duration maxAhead,
      Optional<MetricsTrackerFactory> metrics,
      Stop closing) {
    MysqlHistory history = new MysqlHistory(config, maxAhead, metrics);
    closing.first("close MySQL's history", history::close);
    MysqlScan scan = new MysqlScan(config, metrics);
    closing.first("close MySQL's scan", scan::close);
    return new MigrationParts(
        Optional.empty(), Optional.of(history), Optional.of(scan), Optional.empty(), history);
  }

  /** The parts of the new store in this process. */
  static MigrationParts of(EmbeddedQuestDb database, Sink chunkSink) {
    return new MigrationParts(
        Optional.of(chunkSink),
        Optional.empty(),
        Optional.of(database.scan()),
        Optional.of(database.mirror()),
        QuestDbMarks.embedded(database.sql()));
  }

  /** The parts of the new store on a remote server. */
  static MigrationParts of(RemoteQuestDb database, Sink chunkSink) {
    return new MigrationParts(
        Optional.of(chunkSink),
        Optional.empty(),
        Optional.of(database.scan()),
        Optional.of(database.mirror()),
        QuestDbMarks.remote(database));
  }

  /** Both stores, delivered to. */
  static Pair pair(
      Store legacy, Store next, Delivery toLegacy, Delivery toNext, MirrorSink mirror) {
    MigrationParts left = legacy.parts();
    MigrationParts taking = next.parts();
    return new Pair(
        new Pair.Legacy(
            toLegacy, legacy.source(), left.scan.orElseThrow(), left.history.orElseThrow()),
        new Pair.Next(
            toNext,
            next.source(),
            taking.scan.orElseThrow(),
            taking.mirror.orElseThrow(),
            mirror,
            taking.chunkSink.orElseThrow()));
  }
}
