package dev.sluice.store.questdb.remote;

import dev.sluice.reading.Reading;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.ReadingStream;
import dev.sluice.store.questdb.QuestDbTable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Readings from a remote server, in pages. Confined to one thread.
 *
 * <p>A page is a range of ts; the server is asked where a given number of rows ends. It holds all
 * rows of every ts in it, so nothing is skipped or repeated between two pages, whatever is written
 * meanwhile. Each page is one query, and sees what is applied when the query begins: a single query
 * for everything would be cut off by the server's {@code query.timeout}.
 */
final class HttpStream implements ReadingStream {
  static final int PAGE_ROWS = 200_000;
  static final String SELECT =
      "SELECT cast(ts AS LONG), device_id, metric, value FROM " + QuestDbTable.NAME + " WHERE ";
  private static final int FIRST_PAGE_ROWS = 1_000;

  private final RemoteQuestDb database;
  private final String tableId;
  private final int mostRows;
  private final long to;
  private long from;
  private int pageRows;
  private @Nullable AnswerRows page;
  private long tsMicros;
  private String device = "";
  private String metric = "";
  private double value;

  HttpStream(RemoteQuestDb database, String tableId, long from, long to, int mostRows) {
    this.database = database;
    this.tableId = tableId;
    this.from = from;
    this.to = to;
    this.mostRows = mostRows;
    this.pageRows = Math.min(FIRST_PAGE_ROWS, mostRows);
  }

  /** Streams the rows of a single response. */
  HttpStream(RemoteQuestDb database, String tableId, AnswerRows only) {
    this(database, tableId, 0, 0, 1);
    this.page = only;
  }

  @Override
  public boolean next() throws UnavailableException {
    try {
      while (page != null || from < to) {
        AnswerRows rows = page == null ? turn() : page;
        while (rows.next()) {
          if (goTo(rows.row())) {
            return true;
          }
        }
        close();
      }
      if (!database.tableId().equals(Optional.of(tableId))) {
        throw new IOException(
            "QuestDB's table " + QuestDbTable.NAME + " was dropped while it was read");
      }
      return false;
    } catch (IOException e) {
      close();
      from = to;
      throw new UnavailableException(String.valueOf(e.getMessage()), e);
    }
  }

  private AnswerRows turn() throws IOException {
    long end = pageEnd();
    AnswerRows rows = database.rows(SELECT + QuestDbTable.between(from, end) + " ORDER BY ts");
    page = rows;
    from = end;
    pageRows = (int) Math.min(mostRows, pageRows * 20L);
    return rows;
  }

  /** The ts of the page's last row, as an exclusive end: more rows may have that ts. */
  private long pageEnd() throws IOException {
    List<List<String>> last =
        database.query(
            "SELECT cast(ts AS LONG) FROM "
                + QuestDbTable.NAME
                + " WHERE "
                + QuestDbTable.between(from, to)
                + " ORDER BY ts LIMIT "
                + (pageRows - 1)
                + ", "
                + pageRows);
    return last.isEmpty() ? to : Math.max(Long.parseLong(last.getFirst().getFirst()), from + 1);
  }

  /** Whether the row is a reading; NULL arrives as an empty text. */
  private boolean goTo(List<String> row) {
    String number = row.get(3);
    if (number.isEmpty()) {
      return false;
    }
    tsMicros = Long.parseLong(row.get(0));
    device = row.get(1);
    metric = row.get(2);
    value = Double.parseDouble(number);
    return Double.isFinite(value)
        && Reading.isDevice(device.getBytes(StandardCharsets.UTF_8))
        && Reading.isMetric(metric.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public long tsMicros() {
    return tsMicros;
  }

  @Override
  public String device() {
    return device;
  }

  @Override
  public String metric() {
    return metric;
  }

  @Override
  public double value() {
    return value;
  }

  /** Closes the connection if the response has not been read to its end. */
  @Override
  public void close() {
    AnswerRows open = page;
    page = null;
    if (open != null) {
      open.close();
    }
  }
}
