package dev.sluice.store.mysql;

import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.History.Finding;
import dev.sluice.store.History.Step;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One step along the primary key: the next rows, each read once and by no function of the server's.
 * Rows that are not to be copied are few: what is wrong with them is asked afterwards, by their
 * ids. Confined to one thread; the caller owns the connection.
 */
final class IdWalk {
  private static final String SELECT =
      "SELECT id, created_at, device_id, metric, temp, value, superseded"
          + " FROM sensor_data FORCE INDEX (PRIMARY) WHERE id > ? AND id <= ? ORDER BY id LIMIT ?";

  private final ReadingBatch into;
  private final Datetime created = new Datetime();
  private long[] leftOut = new long[64];
  private int leftOutRows;
  private long rows;
  private long firstId;
  private long lastId;
  private long skipped;
  private long fromTs = Long.MAX_VALUE;
  private long toTs = Long.MIN_VALUE;

  private IdWalk(ReadingBatch into) {
    this.into = into;
  }

  /**
   * Reads at most {@code limit} rows with ids in (afterId, lastId].
   *
   * @param latest rows that are later are no findings of this walk
   */
  static Step step(
      Connection connection,
      long afterId,
      long lastId,
      int limit,
      Instant latest,
      ReadingBatch into,
      Consumer<Finding> each)
      throws SQLException {
    IdWalk walk = new IdWalk(into);
    try (PreparedStatement statement = connection.prepareStatement(SELECT)) {
      statement.setFetchSize(Integer.MIN_VALUE); // Connector/J's value for streaming
      statement.setLong(1, afterId);
      statement.setLong(2, lastId);
      statement.setInt(3, limit);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          walk.take(row);
        }
      }
    }
    RowInspection.explain(connection, Arrays.copyOf(walk.leftOut, walk.leftOutRows), latest, each);
    return walk.done();
  }

  private Step done() {
    return new Step(rows, firstId, lastId, skipped, fromTs, toTs);
  }

  private void take(ResultSet row) throws SQLException {
    lastId = row.getLong(1);
    firstId = rows == 0 ? lastId : firstId;
    rows++;
    long ts = created.micros(row.getBytes(2));
    boolean counts = ts >= 0 && row.getLong(7) == 0;
    if (counts && added(row, ts)) {
      fromTs = Math.min(fromTs, ts);
      toTs = Math.max(toTs, ts);
      return;
    }
    skipped += counts ? 1 : 0;
    if (leftOutRows == leftOut.length) {
      leftOut = Arrays.copyOf(leftOut, 2 * leftOut.length);
    }
    leftOut[leftOutRows++] = lastId;
  }

  /** False if the row is not a reading. */
  private boolean added(ResultSet row, long ts) throws SQLException {
    byte @Nullable [] device = row.getBytes(3);
    byte[] metric = row.getBytes(4);
    double value = TimeWalk.value(row, metric, 5, 6);
    boolean reading =
        !row.wasNull() && device != null && Reading.isDevice(device) && Reading.isMetric(metric);
    if (reading) {
      into.add(device, metric, ts, value);
    }
    return reading;
  }
}
