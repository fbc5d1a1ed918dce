package dev.sluice.store.questdb.remote;

import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.ReadingStream;
import dev.sluice.store.questdb.QuestDbScan;
import dev.sluice.store.questdb.QuestDbTable;
import java.io.IOException;

/** Scans a remote server through its HTTP query route. */
final class HttpScan implements QuestDbScan.Rows {
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
      return new HttpStream(database, present(), from, to, pageRows);
    } catch (IOException e) {
      throw new UnavailableException(String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public ReadingStream where(String condition) throws UnavailableException {
    try {
      String table = present();
      return new HttpStream(database, table, database.rows(HttpStream.SELECT + condition));
    } catch (IOException e) {
      throw new UnavailableException(String.valueOf(e.getMessage()), e);
    }
  }

  private String present() throws IOException {
    return database.tableId().orElseThrow(() -> new IOException(QuestDbTable.MISSING));
  }
}
