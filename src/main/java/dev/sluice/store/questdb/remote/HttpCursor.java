package dev.sluice.store.questdb.remote;

import dev.sluice.store.questdb.QuestDbTable;
import dev.sluice.store.questdb.RowCursor;
import dev.sluice.store.questdb.RowQuery;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows of a remote server, through its HTTP query route. Confined to one thread.
 *
 * <p>A scan is read in pages. A page is a range of ts; the server is asked where a given number of
 * rows ends. It holds all rows of every ts in it, so nothing is skipped or repeated between two
 * pages, whatever is written meanwhile. Each page is one query, and sees what is applied when the
 * query begins: a single query for everything would be cut off by the server's {@code
 * query.timeout}.
 */
final class HttpCursor implements RowCursor {
  static final int PAGE_ROWS = 200_000;
  private static final int FIRST_PAGE_ROWS = 1_000;

  private final RemoteQuestDb database;
  private final int mostRows;

  /** What has not been asked for yet. */
  private RowQuery rest;

  private int pageRows;
  private @Nullable AnswerRows page;
  private List<String> row = List.of();

  HttpCursor(RemoteQuestDb database, RowQuery query, int mostRows) {
    this.database = database;
    this.rest = query;
    this.mostRows = mostRows;
    this.pageRows = Math.min(FIRST_PAGE_ROWS, mostRows);
  }

  @Override
  public boolean next() throws IOException {
    while (page != null || rest.fromMicros() < rest.toMicros()) {
      AnswerRows rows = page == null ? turn() : page;
      if (rows.next()) {
        row = rows.row();
        return true;
      }
      closePage();
    }
    return false;
  }

  private AnswerRows turn() throws IOException {
    long end = rest.isScan() ? pageEnd() : rest.toMicros();
    AnswerRows rows = database.rows(rest.within(rest.fromMicros(), end).literalSql(byHash()));
    page = rows;
    rest = rest.within(end, rest.toMicros());
    pageRows = (int) Math.min(mostRows, pageRows * 20L);
    return rows;
  }

  private boolean byHash() throws IOException {
    return rest.device().isPresent() && database.hasHashes();
  }

  /** The ts of the page's last row, as an exclusive end: more rows may have that ts. */
  private long pageEnd() throws IOException {
    List<List<String>> last =
        database.query(
            "SELECT cast(ts AS LONG) FROM %s WHERE %s ORDER BY ts LIMIT %s, %s"
                .formatted(
                    QuestDbTable.NAME,
                    QuestDbTable.between(rest.fromMicros(), rest.toMicros()),
                    pageRows - 1,
                    pageRows));
    return last.isEmpty()
        ? rest.toMicros()
        : Math.max(Long.parseLong(last.getFirst().getFirst()), rest.fromMicros() + 1);
  }

  @Override
  public long tsMicros() {
    return Long.parseLong(row.get(0));
  }

  @Override
  public byte[] device() {
    return row.get(1).getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public String metric() {
    return row.get(2);
  }

  @Override
  public double value() {
    String number = row.get(3);
    return number.isEmpty() ? Double.NaN : Double.parseDouble(number);
  }

  @Override
  public void close() {
    rest = rest.within(rest.toMicros(), rest.toMicros());
    closePage();
  }

  /** Closes the connection if the response has not been read to its end. */
  private void closePage() {
    AnswerRows open = page;
    page = null;
    if (open != null) {
      open.close();
    }
  }
}
