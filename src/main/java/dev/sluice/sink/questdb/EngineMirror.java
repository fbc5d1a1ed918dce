package dev.sluice.sink.questdb;

import dev.sluice.reading.Identity;
import dev.sluice.sink.ReadingSource.UnavailableException;
import dev.sluice.sink.WalStatus;
import io.questdb.cairo.CairoEngine;
import io.questdb.cairo.CommitMode;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The engine in this process. Thread-safe but for {@link #remove}: one at a time. */
final class EngineMirror extends QuestDbMirror {
  private final EmbeddedQuestDb database;
  private final CairoEngine engine;

  EngineMirror(EmbeddedQuestDb database) {
    this.database = database;
    this.engine = database.engine();
  }

  @Override
  public WalStatus walStatus() throws UnavailableException {
    return database
        .status()
        .orElseThrow(() -> new UnavailableException(QuestDbTable.MISSING, null));
  }

  @Override
  public boolean syncsCommits() {
    return engine.getConfiguration().getCommitMode() == CommitMode.SYNC;
  }

  @Override
  public boolean removes() {
    return true;
  }

  @Override
  public void remove(Collection<Identity> identities) throws UnavailableException {
    WalStatus status = walStatus();
    if (status.suspended() || status.visibleLag() > 0) {
      // What is not applied is not seen, and would be replaced by nothing.
      throw new UnavailableException(
          status.suspended() ? QuestDbTable.suspended(status) : QuestDbTable.behind(status), null);
    }
    Map<Long, Set<Identity>> byInstant = new TreeMap<>();
    for (Identity identity : identities) {
      byInstant.computeIfAbsent(identity.tsMicros(), ts -> new HashSet<>()).add(identity);
    }
    for (Map.Entry<Long, Set<Identity>> instant : byInstant.entrySet()) {
      new EngineRemoval(engine, database.queryWorkers())
          .remove(instant.getKey(), instant.getValue());
    }
  }
}
