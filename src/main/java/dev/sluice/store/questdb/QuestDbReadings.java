package dev.sluice.store.questdb;

import dev.sluice.reading.Reading;
import dev.sluice.store.ReadingQuery;
import dev.sluice.store.ReadingSource;
import java.io.IOException;
import java.util.function.Consumer;

/**
 * Reads from QuestDB, embedded or remote. Sees what has been applied, so a reading just delivered
 * may be missing until then. Thread-safe.
 */
public final class QuestDbReadings implements ReadingSource {
  private final Rows rows;

  public QuestDbReadings(Rows rows) {
    this.rows = rows;
  }

  @Override
  public String name() {
    return "questdb";
  }

  @Override
  public void read(ReadingQuery query, Consumer<Reading> each) throws UnavailableException {
    PageOrder page = new PageOrder(query, each);
    try {
      rows.read(query, page);
    } catch (IOException e) {
      throw new UnavailableException(String.valueOf(e.getMessage()), e);
    }
    page.finish();
  }

  /** Where the rows come from. */
  public interface Rows {
    /** Adds rows in order of ts until the page is full or there are no more. */
    void read(ReadingQuery query, PageOrder page) throws IOException;
  }

  /** First instant that can be on the page, inclusive. */
  public static long fromMicros(ReadingQuery query) {
    return query.descending() || query.after().isEmpty()
        ? query.fromMicros()
        : Math.max(query.fromMicros(), query.after().get().tsMicros());
  }

  /** Last instant that can be on the page, exclusive. */
  public static long toMicros(ReadingQuery query) {
    return query.descending() && query.after().isPresent()
        ? Math.min(query.toMicros(), query.after().get().tsMicros() + 1)
        : query.toMicros();
  }
}
