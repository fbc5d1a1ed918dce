package dev.sluice.sink.mysql;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.metrics.MetricsTrackerFactory;
import dev.sluice.reading.Reading;
import dev.sluice.sink.ReadingQuery;
import dev.sluice.sink.ReadingSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Reads {@code sensor_data} back, page by page, along the key (device, time, metric). Thread-safe;
 * has a small pool of its own, so readers cannot starve the writers of connections.
 *
 * <p>Rows stream: one row is in memory at a time, and a slow consumer holds its connection.
 * Superseded rows and rows without a value are no readings.
 */
public final class MysqlReadings implements ReadingSource, AutoCloseable {
  private static final Duration QUERY_TIMEOUT = Duration.ofSeconds(30);

  private final HikariDataSource pool;

  /** Connects to nothing yet. */
  public MysqlReadings(MysqlConfig config, Optional<MetricsTrackerFactory> metrics) {
    pool = Pools.reading(config, metrics);
  }

  @Override
  public String name() {
    return "mysql";
  }

  @Override
  public void read(ReadingQuery query, Consumer<Reading> each) throws UnavailableException {
    PageQuery page = PageQuery.of(query);
    if (page.empty()) {
      return;
    }
    try (Connection connection = pool.getConnection();
        PreparedStatement statement = prepare(connection, page);
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        each.accept(
            new Reading(query.device(), row.getString(2), row.getLong(1), row.getDouble(3)));
      }
    } catch (SQLException e) {
      throw new UnavailableException("mysql cannot be read: " + Verdict.describe(e), e);
    }
  }

  @Override
  public void close() {
    pool.close();
  }

  private static PreparedStatement prepare(Connection connection, PageQuery page)
      throws SQLException {
    PreparedStatement statement = connection.prepareStatement(page.sql());
    statement.setFetchSize(Integer.MIN_VALUE); // Connector/J's word for streaming
    statement.setQueryTimeout((int) QUERY_TIMEOUT.toSeconds());
    int parameter = 1;
    for (Object value : page.parameters()) {
      statement.setObject(parameter++, value);
    }
    return statement;
  }

  /**
   * A page as SQL. Bounds on created_at are spelled out beside the position where the page before
   * ended, because the servers use no index range for a comparison of row values.
   */
  private record PageQuery(String sql, List<Object> parameters, boolean empty) {
    private static final String VALUE = "IF(metric = 'temp', temp, value)";

    static PageQuery of(ReadingQuery query) {
      boolean down = query.descending();
      long first = Math.max(0, query.fromMicros());
      long last = Math.min(query.toMicros() - 1, Reading.MAX_TS_MICROS);
      if (query.after().isPresent()) {
        long ended = query.after().get().tsMicros();
        first = down ? first : Math.max(first, ended);
        last = down ? Math.min(last, ended) : last;
      }
      if (first > last) {
        return new PageQuery("", List.of(), true);
      }
      List<Object> parameters = new ArrayList<>();
      parameters.add(query.device());
      parameters.add(UtcText.of(first));
      parameters.add(UtcText.of(last));
      StringBuilder sql =
          new StringBuilder(
              "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', created_at), metric, "
                  + VALUE
                  + " FROM sensor_data WHERE device_id = ?"
                  + " AND created_at >= CAST(? AS DATETIME(6))"
                  + " AND created_at <= CAST(? AS DATETIME(6))"
                  + " AND superseded = 0 AND "
                  + VALUE
                  + " IS NOT NULL");
      query
          .metric()
          .ifPresent(metric -> {
            sql.append(" AND metric = ?");
            parameters.add(metric);
          });
      query
          .after()
          .ifPresent(after -> {
            sql.append(" AND NOT (created_at = CAST(? AS DATETIME(6)) AND metric ")
                .append(down ? ">=" : "<=")
                .append(" ?)");
            parameters.add(UtcText.of(after.tsMicros()));
            parameters.add(after.metric());
          });
      String order = down ? " DESC" : "";
      sql.append(" ORDER BY created_at").append(order).append(", metric").append(order);
      sql.append(" LIMIT ?");
      parameters.add(query.limit());
      return new PageQuery(sql.toString(), parameters, false);
    }
  }
}
