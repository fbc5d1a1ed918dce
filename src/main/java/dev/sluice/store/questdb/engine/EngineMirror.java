package dev.sluice.store.questdb.engine;

import dev.sluice.reading.Identity;
import dev.sluice.reading.Micros;
import dev.sluice.store.MirrorStore;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.WalStatus;
import dev.sluice.store.questdb.QuestDbTable;
import io.questdb.cairo.CairoEngine;
import io.questdb.cairo.CairoException;
import io.questdb.cairo.CommitMode;
import io.questdb.cairo.TableReader;
import io.questdb.cairo.TableToken;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.LongStream;

/**
 * The mirror on the engine in this process. Thread-safe except for {@link #remove}, which must not
 * run concurrently.
 */
final class EngineMirror implements MirrorStore {
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
  public LongStream days() throws UnavailableException {
    TableToken table = engine.getTableTokenIfExists(QuestDbTable.NAME);
    if (table == null) {
      throw new UnavailableException(QuestDbTable.MISSING, null);
    }
    try (TableReader reader = engine.getReader(table)) {
      long[] begins = new long[reader.getPartitionCount()];
      for (int i = 0; i < begins.length; i++) {
        begins[i] = reader.getPartitionTimestampByIndex(i);
      }
      return Arrays.stream(begins).map(ts -> ts / Micros.PER_DAY).distinct();
    } catch (CairoException e) {
      throw new UnavailableException(EngineRows.NOT_READ + ": " + e.getMessage(), e);
    }
  }

  @Override
  public boolean removes() {
    return true;
  }

  @Override
  public void remove(Collection<Identity> identities) throws UnavailableException {
    WalStatus status = walStatus();
    if (status.suspended() || status.visibleLag() > 0) {
      // Rows not yet applied are invisible here, so the replacement would lose them.
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
