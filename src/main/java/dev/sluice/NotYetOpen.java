package dev.sluice;

import dev.sluice.reading.Reading;
import dev.sluice.sink.ReadingQuery;
import dev.sluice.sink.ReadingSource;
import java.util.function.Consumer;

/**
 * Stands for a store while the start opens it. Immutable.
 *
 * @param name of the store
 */
record NotYetOpen(String name) implements ReadingSource {
  @Override
  public void read(ReadingQuery query, Consumer<Reading> each) throws UnavailableException {
    throw new UnavailableException("Sluice is starting and has not opened it yet", null);
  }
}
