package dev.sluice.sink.questdb;

import dev.sluice.sink.ReadingSource.UnavailableException;
import dev.sluice.sink.ReadingStream;
import java.io.IOException;
import java.util.List;

/** Scans a remote server through its HTTP query route. */
final class HttpScan implements QuestDbScan.Rows {
  private static final String TABLE_ID =
      "SELECT id FROM tables() WHERE table_name = '" + QuestDbTable.NAME + "'";

  private final RemoteQuestDb database;
  private final int pageRows;

  HttpScan(RemoteQuestDb database) {
    this(database, HttpStream.PAGE_ROWS);
  }

  HttpScan(RemoteQuestDb database, int pageRows) {
    this.database = database;
    this.pageRows = pageRows;
  }

  @Override
  public ReadingStream between(long from, long to) throws UnavailableException {
    try {
      return new HttpStream(database, tableId(database), from, to, pageRows);
    } catch (IOException e) {
      throw new UnavailableException(String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public ReadingStream where(String condition) throws UnavailableException {
    try {
      String table = tableId(database);
      return new HttpStream(database, table, database.rows(HttpStream.SELECT + condition));
    } catch (IOException e) {
      throw new UnavailableException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Another one once the table has been dropped and made anew. */
  static String tableId(RemoteQuestDb database) throws IOException {
    List<List<String>> tables = database.query(TABLE_ID);
    if (tables.isEmpty()) {
      throw new IOException(QuestDbTable.MISSING);
    }
    return tables.getFirst().getFirst();
  }
}
