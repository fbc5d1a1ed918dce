package dev.sluice.store.questdb;

import dev.sluice.reading.Identity;
import dev.sluice.reading.Reading;
import dev.sluice.store.ReadingQuery;
import dev.sluice.store.ReadingScan;
import dev.sluice.store.ReadingSource;
import dev.sluice.store.ReadingStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Reads QuestDB's table, embedded or remote, page by page or as a whole in storage order. Sees what
 * has been applied, so a reading just delivered may be missing until then. Thread-safe.
 *
 * <p>A scan of the embedded engine is a snapshot of each day; one of a remote server is not a
 * snapshot. If the table is dropped or recreated during a scan, the scan fails with {@link
 * UnavailableException} rather than ending as if complete.
 */
public final class QuestDbReadings implements ReadingSource, ReadingScan {
  /** Few enough for the query to fit into a URL, and for all the days involved to be mapped. */
  private static final int INSTANTS_AT_ONCE = 50;

  private final QuestDbRows rows;

  public QuestDbReadings(QuestDbRows rows) {
    this.rows = rows;
  }

  @Override
  public String name() {
    return "questdb";
  }

  @Override
  public int readers() {
    return rows.mostOpen();
  }

  @Override
  public void read(ReadingQuery query, Consumer<Reading> each) throws UnavailableException {
    PageOrder page = new PageOrder(query, each);
    try (ReadingStream stream = new QuestDbStream(rows.open(RowQuery.page(query)), () -> {})) {
      while (stream.next() && page.add(reading(stream))) {}
    } catch (IOException e) {
      throw unavailable(e);
    }
    page.finish();
  }

  @Override
  public ReadingStream scan(long fromMicros, long toMicros) throws UnavailableException {
    return all(
        RowQuery.range(Math.max(0, fromMicros), Math.min(toMicros, Reading.MAX_TS_MICROS + 1)));
  }

  @Override
  public List<Reading> find(Collection<Identity> identities) throws UnavailableException {
    Set<Identity> wanted = new HashSet<>(identities);
    List<Long> instants =
        wanted.stream()
            .map(Identity::tsMicros)
            .filter(ts -> ts >= 0 && ts <= Reading.MAX_TS_MICROS)
            .distinct()
            .sorted()
            .toList();
    List<Reading> found = new ArrayList<>();
    for (int from = 0; from < instants.size(); from += INSTANTS_AT_ONCE) {
      int to = Math.min(instants.size(), from + INSTANTS_AT_ONCE);
      try (ReadingStream stream = all(RowQuery.at(instants.subList(from, to)))) {
        while (stream.next()) {
          Reading reading = reading(stream);
          if (wanted.contains(reading.identity())) {
            found.add(reading);
          }
        }
      }
    }
    return found;
  }

  /** All that the query selects, or an exception. */
  private ReadingStream all(RowQuery query) throws UnavailableException {
    try {
      Optional<String> table = rows.tableId();
      if (table.isEmpty()) {
        throw new IOException(QuestDbTable.MISSING);
      }
      return new QuestDbStream(rows.open(query), () -> checkStill(table));
    } catch (IOException e) {
      throw unavailable(e);
    }
  }

  private void checkStill(Optional<String> table) throws IOException {
    if (!rows.tableId().equals(table)) {
      throw new IOException(
          "QuestDB's table " + QuestDbTable.NAME + " was dropped while it was read");
    }
  }

  private static Reading reading(ReadingStream stream) {
    return new Reading(stream.device(), stream.metric(), stream.tsMicros(), stream.value());
  }

  static UnavailableException unavailable(IOException cause) {
    return new UnavailableException(String.valueOf(cause.getMessage()), cause);
  }
}
