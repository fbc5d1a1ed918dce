package dev.sluice.store.questdb.remote;

import dev.sluice.store.questdb.DeviceBucket;
import dev.sluice.store.questdb.QuestDbTable;
import dev.sluice.store.questdb.RowCursor;
import dev.sluice.store.questdb.RowQuery;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Rows of a remote server, through its HTTP query route. Confined to one thread.
 *
 * <p>A device's rows are found by the bucket it is in, but for the time in which rows have no
 * bucket: there every row is looked at.
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

  /** What comes after that. */
  private Optional<RowQuery> then = Optional.empty();

  private boolean split;
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
    while (page != null || hasRest()) {
      AnswerRows rows = page == null ? turn() : page;
      if (rows.next()) {
        row = rows.row();
        return true;
      }
      closePage();
    }
    return false;
  }

  private boolean hasRest() throws IOException {
    if (!split) {
      split = true;
      split();
    }
    if (rest.fromMicros() >= rest.toMicros() && then.isPresent()) {
      rest = then.orElseThrow();
      then = Optional.empty();
    }
    return rest.fromMicros() < rest.toMicros();
  }

  /** Where rows without a bucket end, a device's query changes to the other kind. */
  private void split() throws IOException {
    if (!rest.byBucket() || rest.fromMicros() >= rest.toMicros()) {
      return;
    }
    List<List<String>> last =
        database.query(
            "SELECT cast(ts AS LONG) FROM %s WHERE %s = NULL AND %s ORDER BY ts DESC LIMIT 1"
                .formatted(
                    QuestDbTable.NAME,
                    DeviceBucket.COLUMN,
                    QuestDbTable.between(rest.fromMicros(), rest.toMicros())));
    if (last.isEmpty()) {
      return;
    }
    long seam = Long.parseLong(last.getFirst().getFirst()) + 1;
    RowQuery later = rest.within(seam, rest.toMicros());
    RowQuery earlier = rest.within(rest.fromMicros(), seam).inAnyBucket();
    boolean laterFirst = rest.descending();
    rest = laterFirst ? later : earlier;
    then = Optional.of(laterFirst ? earlier : later);
  }

  private AnswerRows turn() throws IOException {
    long end = rest.isScan() ? pageEnd() : rest.toMicros();
    AnswerRows rows = database.rows(rest.within(rest.fromMicros(), end).literalSql());
    page = rows;
    rest = rest.within(end, rest.toMicros());
    pageRows = (int) Math.min(mostRows, pageRows * 20L);
    return rows;
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
    then = Optional.empty();
    split = true;
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
