package dev.sluice.store.mysql;

import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.History.Position;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The statements that walk a {@link Stretch}. Stateless; each runs on a connection that the caller
 * owns, and sees what is committed when it begins.
 */
final class TimeWalk {
  /** Uses a timestamp literal, because MySQL would parse a string again for every row. */
  static final String MICROS =
      "TIMESTAMPDIFF(MICROSECOND, TIMESTAMP'1970-01-01 00:00:00', created_at)";

  private static final String ORDER = " ORDER BY created_at, id LIMIT ?";
  private static final String REVERSED = " ORDER BY created_at DESC, id DESC LIMIT ?";
  private static final String ROWS = "SELECT id, " + MICROS + ", device_id, metric, temp, value";
  private static final byte[] TEMP = "temp".getBytes(StandardCharsets.US_ASCII);

  /**
   * What a statement found.
   *
   * @param rows how many rows
   * @param skipped how many of them are not readings
   * @param last position of the last row
   */
  record Page(long rows, long skipped, Position last) {}

  private TimeWalk() {}

  /** Adds the readings among the first {@code limit} rows that count (superseded = 0), in order. */
  static Page read(Connection connection, Stretch stretch, int limit, ReadingBatch into)
      throws SQLException {
    String sql = ROWS + stretch.from() + " AND superseded = 0" + ORDER;
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setFetchSize(Integer.MIN_VALUE); // Connector/J's value for streaming
      statement.setInt(stretch.bind(statement), limit);
      try (ResultSet row = statement.executeQuery()) {
        return read(row, stretch.after(), into);
      }
    }
  }

  /**
   * Position of the row {@code offset} rows after the first, counting or not; uses the index only.
   */
  static Optional<Position> at(Connection connection, Stretch stretch, int offset)
      throws SQLException {
    return position(connection, stretch, ORDER + " OFFSET ?", offset);
  }

  /** Position of the last row; uses the index only. */
  static Optional<Position> last(Connection connection, Stretch stretch) throws SQLException {
    return position(connection, stretch, REVERSED + " OFFSET ?", 0);
  }

  /** Whether the value column that belongs to the metric is set. */
  static boolean hasValue(ResultSet row, byte[] metric, int tempColumn, int valueColumn)
      throws SQLException {
    value(row, metric, tempColumn, valueColumn);
    return !row.wasNull();
  }

  /**
   * Computes {@code IF(metric = 'temp', temp, value)}, but more cheaply: a text comparison by
   * collation costs MySQL a tenth of what finding the row costs.
   */
  static double value(ResultSet row, byte[] metric, int tempColumn, int valueColumn)
      throws SQLException {
    return row.getDouble(Arrays.equals(metric, TEMP) ? tempColumn : valueColumn);
  }

  private static Page read(ResultSet row, Position from, ReadingBatch into) throws SQLException {
    long rows = 0;
    int before = into.size();
    long ts = from.tsMicros();
    long id = from.id();
    while (row.next()) {
      rows++;
      id = row.getLong(1);
      ts = row.getLong(2);
      add(row, ts, into);
    }
    return new Page(rows, rows - (into.size() - before), new Position(ts, id));
  }

  private static void add(ResultSet row, long ts, ReadingBatch into) throws SQLException {
    byte @Nullable [] device = row.getBytes(3);
    byte[] metric = row.getBytes(4);
    double value = value(row, metric, 5, 6);
    boolean known = !row.wasNull();
    if (known && device != null && Reading.isDevice(device) && Reading.isMetric(metric)) {
      into.add(device, metric, ts, value);
    }
  }

  private static Optional<Position> position(
      Connection connection, Stretch stretch, String order, int offset) throws SQLException {
    String sql = "SELECT " + MICROS + ", id" + stretch.from() + order;
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      int next = stretch.bind(statement);
      statement.setInt(next, 1);
      statement.setInt(next + 1, offset);
      try (ResultSet row = statement.executeQuery()) {
        return row.next()
            ? Optional.of(new Position(row.getLong(1), row.getLong(2)))
            : Optional.empty();
      }
    }
  }
}
