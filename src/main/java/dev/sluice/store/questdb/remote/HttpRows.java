package dev.sluice.store.questdb.remote;

import dev.sluice.store.questdb.QuestDbRows;
import dev.sluice.store.questdb.RowCursor;
import dev.sluice.store.questdb.RowQuery;
import java.io.IOException;
import java.util.Optional;

/**
 * Rows of a remote server.
 *
 * @param pageRows most rows of a scan that one query asks for, but for those of one ts
 */
record HttpRows(RemoteQuestDb database, int pageRows) implements QuestDbRows {
  @Override
  public RowCursor open(RowQuery query) {
    return new HttpCursor(database, query, pageRows);
  }

  @Override
  public Optional<String> tableId() throws IOException {
    return database.tableId();
  }
}
