package dev.sluice.store.questdb;

import java.io.IOException;
import java.util.Optional;

/** Where the rows of the table come from: the engine or a remote server. Thread-safe. */
public interface QuestDbRows {
  RowCursor open(RowQuery query) throws IOException;

  /** How many may be open at the same time; any number by default. */
  default int mostOpen() {
    return Integer.MAX_VALUE;
  }

  /**
   * The table's id, which changes when it is dropped and recreated; empty while there is no table.
   */
  Optional<String> tableId() throws IOException;
}
