package dev.sluice.store;

import dev.sluice.store.ReadingSource.UnavailableException;
import java.util.Optional;

/**
 * A store's table of readings as what was proven of it names it. Thread-safe; every question is a
 * few cheap statements.
 */
public interface MarkedTable {
  /** The table as it is now. */
  TableMark mark() throws UnavailableException;

  /**
   * Why this is not the table that once gave this mark, with all it had then: it was dropped and
   * made again, exchanged, restored from an older copy, or another server answers. Empty when it
   * is.
   */
  Optional<String> departedFrom(TableMark earlier) throws UnavailableException;
}
