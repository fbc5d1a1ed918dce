package dev.sluice.store.questdb.remote;

import dev.sluice.reading.Counted;
import dev.sluice.reading.Identity;
import dev.sluice.store.MirrorStore;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.WalStatus;
import dev.sluice.store.questdb.QuestDbTable;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.Collection;
import java.util.stream.LongStream;

/** The mirror on a remote server, which cannot remove readings. Thread-safe. */
final class HttpMirror implements MirrorStore {
  private final RemoteQuestDb database;

  HttpMirror(RemoteQuestDb database) {
    this.database = database;
  }

  @Override
  public WalStatus walStatus() throws UnavailableException {
    try {
      return database
          .status()
          .orElseThrow(() -> new UnavailableException(QuestDbTable.MISSING, null));
    } catch (IOException e) {
      throw new UnavailableException(String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public boolean syncsCommits() throws UnavailableException {
    try {
      return database.syncsCommits();
    } catch (IOException e) {
      throw new UnavailableException(String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public LongStream days() throws UnavailableException {
    try {
      return database
          .query("SELECT name FROM table_partitions('" + QuestDbTable.NAME + "')")
          .stream()
          .mapToLong(row -> day(row.getFirst()))
          .sorted()
          .distinct();
    } catch (IOException | DateTimeException e) {
      throw new UnavailableException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Parses a partition's name: {@code 2026-11-26}, followed by a time if it was split. */
  private static long day(String partition) {
    return LocalDate.parse(partition.substring(0, Math.min(10, partition.length()))).toEpochDay();
  }

  @Override
  public boolean removes() {
    return false;
  }

  @Override
  public void remove(Collection<Identity> identities) {
    throw new UnsupportedOperationException(
        "cannot remove %s from table %s: a QuestDB server has no DELETE; drop partitions instead"
            .formatted(Counted.of(identities.size(), "reading"), QuestDbTable.NAME));
  }
}
