package dev.sluice.store.questdb;

import java.io.IOException;
import java.util.Optional;

/** Where the rows of the table come from: the engine or a remote server. Thread-safe. */
public interface QuestDbRows {
  RowCursor open(RowQuery query) throws IOException;

  /**
   * The table's id, which changes when it is dropped and recreated; empty while there is no table.
   */
  Optional<String> tableId() throws IOException;
}
