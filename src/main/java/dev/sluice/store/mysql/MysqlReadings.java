package dev.sluice.store.mysql;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.metrics.MetricsTrackerFactory;
import dev.sluice.reading.Reading;
import dev.sluice.store.ReadingQuery;
import dev.sluice.store.ReadingSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Reads {@code sensor_data} back, page by page, along the key (device, time, metric). Thread-safe;
 * has its own small pool, so readers cannot starve the writers of connections.
 *
 * <p>Rows stream: one row is in memory at a time, and a slow consumer holds its connection.
 * Superseded rows and rows without a value are not readings.
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
  public int readers() {
    return Pools.READERS;
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
    statement.setFetchSize(Integer.MIN_VALUE); // Connector/J's value for streaming
    statement.setQueryTimeout((int) QUERY_TIMEOUT.toSeconds());
    int parameter = 1;
    for (Object value : page.parameters()) {
      statement.setObject(parameter++, value);
    }
    return statement;
  }
}
