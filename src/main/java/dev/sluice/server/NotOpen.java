package dev.sluice.server;

import dev.sluice.reading.Reading;
import dev.sluice.store.ReadingQuery;
import dev.sluice.store.ReadingSource;
import java.util.function.Consumer;

/**
 * A placeholder for a store that is not open: every read fails. Immutable.
 *
 * @param name of the store
 * @param reason why it is not open, and what to do
 */
record NotOpen(String name, String reason) implements ReadingSource {
  @Override
  public void read(ReadingQuery query, Consumer<Reading> each) throws UnavailableException {
    throw new UnavailableException(reason, null);
  }
}
