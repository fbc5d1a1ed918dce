package dev.sluice.store.mysql;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.metrics.MetricsTrackerFactory;
import dev.sluice.reading.Identity;
import dev.sluice.reading.Reading;
import dev.sluice.store.History.Position;
import dev.sluice.store.ReadingScan;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.ReadingStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Reads all of {@code sensor_data}, along the key of V5. Thread-safe; has its own small pool, so
 * that a long scan starves neither reads nor writes of connections.
 *
 * <p>A scan is not a snapshot: each page sees what is committed when that page is read.
 */
public final class MysqlScan implements ReadingScan, AutoCloseable {
  private final HikariDataSource pool;

  /** Connects to nothing yet. */
  public MysqlScan(MysqlConfig config, Optional<MetricsTrackerFactory> metrics) {
    pool = Pools.walking(config, "sluice-mysql-scan", metrics);
  }

  @Override
  public String name() {
    return "mysql";
  }

  /**
   * The server works on one row of a connection at a time, and finding it costs more than all that
   * the other store and the comparison do.
   */
  @Override
  public int lanes() {
    return 2;
  }

  @Override
  public ReadingStream scan(long fromMicros, long toMicros) {
    return stream(fromMicros, toMicros, MysqlStream.PAGE_ROWS);
  }

  @Override
  public OptionalLong firstFrom(long micros) throws UnavailableException {
    try (ReadingStream stream = stream(micros, Long.MAX_VALUE, 1)) {
      return stream.next() ? OptionalLong.of(stream.tsMicros()) : OptionalLong.empty();
    }
  }

  private MysqlStream stream(long fromMicros, long toMicros, int firstPageRows) {
    long from = Math.max(0, fromMicros);
    long last = Math.min(toMicros - 1, Reading.MAX_TS_MICROS);
    Position end = new Position(Math.max(0, last), Long.MAX_VALUE);
    return new MysqlStream(
        pool,
        from > last
            ? new Stretch(end, end, 0)
            : new Stretch(new Position(from, Long.MIN_VALUE), end, Long.MAX_VALUE),
        firstPageRows);
  }

  @Override
  public List<Reading> find(Collection<Identity> identities) throws UnavailableException {
    try (Connection connection = pool.getConnection()) {
      return IdentityLookup.find(connection, identities);
    } catch (SQLException e) {
      throw Unavailable.reading(e);
    }
  }

  @Override
  public void close() {
    pool.close();
  }
}
