package dev.sluice.server;

import dev.sluice.migration.phase.Role;
import dev.sluice.settings.Settings;
import dev.sluice.store.ReadingSource;
import dev.sluice.store.mysql.MysqlConfig;
import dev.sluice.store.mysql.MysqlReadings;
import dev.sluice.store.questdb.QuestDbConfig;
import dev.sluice.store.questdb.remote.RemoteQuestDb;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The stores as a node sees them that does not lead: to be read, each opened when it is first asked
 * for. Thread-safe; opening connects to nothing yet.
 */
final class Standby implements AutoCloseable {
  private final Settings settings;
  private @Nullable MysqlReadings mysql;
  private @Nullable RemoteQuestDb questDb;

  Standby(Settings settings) {
    this.settings = settings;
  }

  /** The store in this role; of one that only the leader can open, every read fails. */
  synchronized ReadingSource source(Role role) {
    return role == Role.LEGACY ? mysql() : questDb();
  }

  private ReadingSource mysql() {
    Optional<MysqlConfig> config = settings.mysql();
    if (config.isEmpty()) {
      return new NotOpen(RunningStores.NAMES.legacy(), "mysql.url is not set on this node");
    }
    MysqlReadings open = mysql;
    if (open == null) {
      open = new MysqlReadings(config.get(), Optional.empty());
      mysql = open;
    }
    return open;
  }

  private ReadingSource questDb() {
    QuestDbConfig config = settings.questDb();
    if (config.mode() == QuestDbConfig.Mode.EMBEDDED) {
      return new NotOpen(
          RunningStores.NAMES.next(), "it is embedded, and open only while this node leads");
    }
    RemoteQuestDb open = questDb;
    if (open == null) {
      open = new RemoteQuestDb(config);
      questDb = open;
    }
    return open.readings();
  }

  @Override
  public synchronized void close() {
    if (mysql != null) {
      mysql.close();
    }
    if (questDb != null) {
      questDb.close();
    }
  }
}
