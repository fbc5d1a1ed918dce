package dev.sluice.store.mysql;

import com.zaxxer.hikari.HikariDataSource;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.History.Position;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.ReadingStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * Readings of a {@link Stretch}, page by page. Confined to one thread.
 *
 * <p>Pages rather than one long result: between pages no connection, lock or read view is held,
 * however slow the consumer is, so the server can purge what nobody needs any more; and closing a
 * stream early leaves nothing to read off the wire.
 */
final class MysqlStream implements ReadingStream {
  static final int PAGE_ROWS = 10_000;

  private final HikariDataSource pool;
  private final ReadingBatch page = new ReadingBatch();
  private Stretch rest;
  private int pageRows;
  private boolean ended;
  private int at = -1;
  private int metricAt = -1;
  private String metric = "";

  /**
   * Reads nothing yet.
   *
   * @param firstPageRows rows of the first page, at most {@link #PAGE_ROWS}; pages grow up to that
   */
  MysqlStream(HikariDataSource pool, Stretch stretch, int firstPageRows) {
    this.pool = pool;
    this.rest = stretch;
    this.pageRows = firstPageRows;
    this.ended = stretch.empty();
  }

  @Override
  public boolean next() throws UnavailableException {
    at++;
    return reach();
  }

  @Override
  public int read(ReadingBatch into, int most) throws UnavailableException {
    int added = 0;
    at++;
    while (added < most && reach()) {
      int end = Math.min(page.size(), at + most - added);
      added += end - at;
      while (at < end) {
        into.add(page, at);
        at++;
      }
    }
    at--;
    return added;
  }

  /** Makes sure that the page has a reading here, if there is one. */
  private boolean reach() throws UnavailableException {
    while (at >= page.size() && !ended) {
      turn();
    }
    return at < page.size();
  }

  @Override
  public long tsMicros() {
    return page.tsMicros(at);
  }

  @Override
  public String device() {
    return new String(
        page.bytes(), page.deviceAt(at), page.deviceLength(at), StandardCharsets.UTF_8);
  }

  /** Cached, because most readings have the same metric as the one before. */
  @Override
  public String metric() {
    if (metricAt != page.metricAt(at)) {
      metricAt = page.metricAt(at);
      metric = new String(page.bytes(), metricAt, page.metricLength(at), StandardCharsets.UTF_8);
    }
    return metric;
  }

  @Override
  public double value() {
    return page.value(at);
  }

  @Override
  public void close() {
    ended = true;
    page.clear(0);
  }

  private void turn() throws UnavailableException {
    page.clear(0);
    at = 0;
    metricAt = -1;
    try (Connection connection = pool.getConnection()) {
      TimeWalk.Page read = TimeWalk.read(connection, rest, pageRows, page);
      Position last = read.last();
      rest = new Stretch(last, rest.end(), rest.lastId());
      ended = read.rows() < pageRows || rest.empty();
    } catch (SQLException e) {
      ended = true;
      page.clear(0);
      throw Unavailable.reading(e);
    }
    pageRows = Math.min(PAGE_ROWS, pageRows * 10);
  }
}
