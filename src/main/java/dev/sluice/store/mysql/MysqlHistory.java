package dev.sluice.store.mysql;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.metrics.MetricsTrackerFactory;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.History;
import dev.sluice.store.MarkedTable;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.TableMark;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads {@code sensor_data} for a backfill, along its primary key or the key of V5. Thread-safe;
 * has its own small pool, so that neither reads nor writes wait for it. Every statement reads a
 * bounded number of rows, so that none holds a read view for long, with two exceptions: see {@link
 * DeviceSpellings} and {@link RowInspection#ahead}.
 *
 * <p>A row can be copied if it counts (superseded = 0) and is from 1970 or later; of those, rows
 * without a device or a value, or with a name no reading may have, are skipped and reported.
 */
public final class MysqlHistory implements History, MarkedTable, AutoCloseable {
  /** Most ids one statement counts; that many rows are read within a second or two. */
  private static final int COUNT_IDS = 500_000;

  private static final BigInteger LAST = BigInteger.valueOf(Long.MAX_VALUE);
  private static final String LAST_ID = "SELECT COALESCE(MAX(id), 0) FROM sensor_data";
  private static final String THREADS = "SHOW GLOBAL STATUS LIKE 'Threads_running'";
  private static final String COUNT =
      "SELECT COUNT(*) FROM sensor_data FORCE INDEX (PRIMARY) WHERE id > ? AND id <= ?"
          + " AND superseded = 0 AND created_at >= CAST('1970-01-01' AS DATETIME(6)) AND "
          + Stretch.IS_INSTANT;

  /**
   * The first line of the history identifies the table: one created or adopted elsewhere has a
   * different line.
   */
  private static final String MADE =
      "SELECT CONCAT('history begun ', installed_on, ' in ', execution_time, ' ms')"
          + " FROM sluice_schema_history ORDER BY installed_rank LIMIT 1";

  private static final String ROW =
      "SELECT id, SHA2(CONCAT_WS('|', device_id, created_at, metric), 256)";
  private static final String LAST_ROW = ROW + " FROM sensor_data ORDER BY id DESC LIMIT 1";
  private static final String ROW_OF_ID = ROW + " FROM sensor_data WHERE id = ?";

  /** Shows the current next id; that in information_schema may be a day old. */
  private static final String DEFINITION = "SHOW CREATE TABLE sensor_data";

  private static final Pattern NEXT_ID = Pattern.compile("\\bAUTO_INCREMENT=(\\d+)");

  private final Duration maxAhead;
  private final HikariDataSource pool;

  /**
   * Connects to nothing yet.
   *
   * @param maxAhead rows further ahead of the clock than this are findings
   */
  public MysqlHistory(
      MysqlConfig config, Duration maxAhead, Optional<MetricsTrackerFactory> metrics) {
    this.maxAhead = maxAhead;
    pool = Pools.walking(config, "sluice-mysql-history", metrics);
  }

  @Override
  public long lastId() throws UnavailableException {
    return number(LAST_ID, 1);
  }

  @Override
  public int threadsRunning() throws UnavailableException {
    return (int) number(THREADS, 2);
  }

  @Override
  public boolean idsFollowTime(long lastId) throws UnavailableException {
    try (Connection connection = pool.getConnection()) {
      return IdOrder.followsTime(connection, lastId);
    } catch (SQLException e) {
      throw Unavailable.reading(e);
    }
  }

  @Override
  public void foresee(long lastId, Consumer<Finding> each) throws UnavailableException {
    try (Connection connection = pool.getConnection()) {
      RowInspection.ahead(connection, lastId, Instant.now().plus(maxAhead), each);
      DeviceSpellings.run(connection, each);
    } catch (SQLException e) {
      throw Unavailable.reading(e);
    }
  }

  /**
   * Finds the same classes as {@link #inspect}, except for the two that {@link #foresee} finds; a
   * row that was put right in between is neither copied nor found.
   */
  @Override
  public Step step(long afterId, long lastId, int rows, ReadingBatch into, Consumer<Finding> each)
      throws UnavailableException {
    try (Connection connection = pool.getConnection()) {
      return IdWalk.step(
          connection, afterId, lastId, rows, Instant.now().plus(maxAhead), into, each);
    } catch (SQLException e) {
      throw Unavailable.reading(e);
    }
  }

  /** Counts, in steps along the primary key, the rows that {@link #read} adds or skips. */
  @Override
  public long count(long lastId) throws UnavailableException {
    try (Connection connection = pool.getConnection();
        PreparedStatement statement = connection.prepareStatement(COUNT)) {
      IdSteps steps = new IdSteps(connection, lastId, COUNT_IDS);
      long count = 0;
      while (steps.next()) {
        statement.setLong(1, steps.after());
        statement.setLong(2, steps.end());
        try (ResultSet row = statement.executeQuery()) {
          row.next();
          count += row.getLong(1);
        }
      }
      return count;
    } catch (SQLException e) {
      throw Unavailable.reading(e);
    }
  }

  @Override
  public Optional<Position> chunkEnd(Position after, long lastId, int rows)
      throws UnavailableException {
    try (Connection connection = pool.getConnection()) {
      Stretch all = new Stretch(after, Stretch.LAST, lastId);
      Optional<Position> first = all.empty() ? Optional.empty() : TimeWalk.at(connection, all, 0);
      if (first.isEmpty()) {
        return first;
      }
      Stretch day = new Stretch(after, Stretch.endOfDay(first.get().tsMicros()), lastId);
      Optional<Position> full = TimeWalk.at(connection, day, rows - 1);
      return full.isPresent() ? full : TimeWalk.last(connection, day);
    } catch (SQLException e) {
      throw Unavailable.reading(e);
    }
  }

  @Override
  public long read(Position after, Position end, long lastId, ReadingBatch into)
      throws UnavailableException {
    Stretch stretch = new Stretch(after, end, lastId);
    if (stretch.empty()) {
      return 0;
    }
    try (Connection connection = pool.getConnection()) {
      return TimeWalk.read(connection, stretch, Integer.MAX_VALUE, into).skipped();
    } catch (SQLException e) {
      throw Unavailable.reading(e);
    }
  }

  /**
   * Walks the primary key, then compares the device ids. Each row is found once, in the first class
   * that fits: duplicate, incomplete, before-1970, far-future, invalid-name. There is no check for
   * NaN and infinities: a DOUBLE of MySQL cannot hold them (manual, "Floating-Point Types" and
   * "Out-of-Range and Overflow Handling"; InnoDB refuses them with error 1367 or 1690).
   */
  @Override
  public void inspect(long lastId, Consumer<Finding> each, Inspected progress)
      throws UnavailableException {
    try (Connection connection = pool.getConnection()) {
      Instant latest = Instant.now().plus(maxAhead);
      long rows = RowInspection.run(connection, lastId, latest, each, progress);
      DeviceSpellings.run(connection, each);
      progress.upTo(lastId, rows);
    } catch (SQLException e) {
      throw Unavailable.reading(e);
    }
  }

  @Override
  public TableMark mark() throws UnavailableException {
    try (Connection connection = pool.getConnection();
        PreparedStatement last = connection.prepareStatement(LAST_ROW);
        ResultSet row = last.executeQuery()) {
      String made = made(connection);
      return row.next()
          ? new TableMark(made, row.getLong(1), row.getString(2))
          : new TableMark(made, 0, "");
    } catch (SQLException e) {
      throw Unavailable.reading(e);
    }
  }

  /**
   * The row that was the last must still be there, or have been deleted: its value may have changed
   * since, and a job that deletes old rows also deletes a late reading that came last. An older
   * copy is about to assign that row's id again, which its next id shows.
   */
  @Override
  public Optional<String> departedFrom(TableMark earlier) throws UnavailableException {
    try (Connection connection = pool.getConnection();
        PreparedStatement statement = connection.prepareStatement(ROW_OF_ID)) {
      String made = made(connection);
      if (!made.equals(earlier.table())) {
        return Optional.of(
            "MySQL's table sensor_data has its " + made + ", it was " + earlier.table());
      }
      statement.setLong(1, earlier.height());
      try (ResultSet row = statement.executeQuery()) {
        boolean same =
            earlier.top().isEmpty()
                || (row.next()
                    ? earlier.top().equals(row.getString(2))
                    : nextId(connection) > earlier.height());
        if (same) {
          return Optional.empty();
        }
      }
      return Optional.of(
          "MySQL's table sensor_data no longer has the row id="
              + earlier.height()
              + " with the same device_id, created_at and metric: this is an older copy, or a"
              + " different table");
    } catch (SQLException e) {
      throw Unavailable.reading(e);
    }
  }

  /** The id of the next row; 0 if the definition does not say. */
  private static long nextId(Connection connection) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(DEFINITION);
        ResultSet row = statement.executeQuery()) {
      row.next();
      Matcher next = NEXT_ID.matcher(row.getString(2));
      return next.find() ? new BigInteger(next.group(1)).min(LAST).longValueExact() : 0;
    }
  }

  private static String made(Connection connection) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(MADE);
        ResultSet row = statement.executeQuery()) {
      return row.next() ? row.getString(1) : "history empty";
    }
  }

  @Override
  public void close() {
    pool.close();
  }

  private long number(String sql, int column) throws UnavailableException {
    try (Connection connection = pool.getConnection();
        PreparedStatement statement = connection.prepareStatement(sql);
        ResultSet row = statement.executeQuery()) {
      if (!row.next()) {
        throw new SQLException("the server did not answer: " + sql);
      }
      return row.getLong(column);
    } catch (SQLException e) {
      throw Unavailable.reading(e);
    }
  }
}
