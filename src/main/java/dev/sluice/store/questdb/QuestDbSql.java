package dev.sluice.store.questdb;

import java.io.IOException;
import java.util.List;

/**
 * Statements for QuestDB that are not on a hot path: migrations and queries about its own state.
 * Thread-safe.
 */
public interface QuestDbSql {
  /** Runs one statement that returns no rows. */
  void execute(String statement) throws IOException;

  /**
   * Returns all rows of a query whose columns are all VARCHAR or STRING; a null becomes an empty
   * text.
   */
  List<List<String>> query(String select) throws IOException;
}
