package dev.sluice.store;

import dev.sluice.store.ReadingSource.UnavailableException;
import java.util.Optional;

/**
 * A store's table of readings, as identified by whatever was proven about it. Thread-safe; every
 * call costs a few cheap statements.
 */
public interface MarkedTable {
  /** Marks the table as it is now. */
  TableMark mark() throws UnavailableException;

  /**
   * Checks that this is still the table that gave this mark, with everything it held then.
   *
   * @return why it is not: it was dropped and recreated, swapped, restored from an older copy, or
   *     another server answers; empty when it is the same
   */
  Optional<String> departedFrom(TableMark earlier) throws UnavailableException;
}
