package dev.sluice.server;

import dev.sluice.store.mysql.embedded.EmbeddedMysql;
import dev.sluice.store.questdb.QuestDbConfig;
import dev.sluice.store.questdb.engine.EmbeddedQuestDb;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engine of QuestDB inside this process, and the private MySQL of {@code up}: each is started
 * when it is first needed and runs until the process ends, whatever becomes of the stores on it.
 * Closing the engine during a read or a scan would free native memory in use and crash the process;
 * and a DBA may want what is in MySQL after its store has left.
 *
 * <p>Each is used by one thread at a time.
 */
final class EmbeddedServers implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedServers.class);

  private volatile @Nullable EmbeddedQuestDb engine;
  private volatile @Nullable EmbeddedMysql mysql;

  EmbeddedQuestDb questDb(QuestDbConfig config) throws IOException {
    EmbeddedQuestDb open = engine;
    if (open == null) {
      open = EmbeddedQuestDb.open(config);
      engine = open;
    }
    return open;
  }

  EmbeddedMysql mysql(Path directory) throws EmbeddedMysql.UnavailableException {
    EmbeddedMysql running = mysql;
    if (running == null) {
      running = EmbeddedMysql.start(directory, LOG::info);
      mysql = running;
    }
    return running;
  }

  /** Ends both; their stores must be closed, and all reads have ended. */
  @Override
  public void close() {
    EmbeddedQuestDb open = engine;
    if (open != null) {
      open.close();
    }
    EmbeddedMysql running = mysql;
    if (running != null) {
      running.close();
    }
  }
}
