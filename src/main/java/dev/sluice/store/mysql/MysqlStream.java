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
 * however slow the consumer is, and closing a stream early leaves nothing to read off the wire. The
 * first page is small, for callers that want a single reading; later pages grow.
 */
final class MysqlStream implements ReadingStream {
  private static final int FIRST_PAGE_ROWS = 500;
  private static final int PAGE_ROWS = 50_000;

  private final HikariDataSource pool;
  private final ReadingBatch page = new ReadingBatch();
  private Stretch rest;
  private int pageRows = FIRST_PAGE_ROWS;
  private boolean ended;
  private int at = -1;
  private int metricAt = -1;
  private String metric = "";

  MysqlStream(HikariDataSource pool, Stretch stretch) {
    this.pool = pool;
    this.rest = stretch;
    this.ended = stretch.empty();
  }

  @Override
  public boolean next() throws UnavailableException {
    at++;
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
