package dev.sluice.store.mysql;

import dev.sluice.store.History.Finding;
import dev.sluice.store.History.RowClass;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Finds device ids that differ in bytes but are equal under a collation that ignores accents, case
 * and trailing spaces, as tables used before V2.
 *
 * <p>{@code utf8mb4_unicode_520_ci} is such a collation on MySQL and MariaDB alike, and the only
 * one that does not also treat all emoji as equal. The server visits the distinct ids with one key
 * lookup each and sorts them, on its disk when there are many; they are never all in memory here.
 * It is one statement: with millions of devices it stays silent for minutes, and holds its read
 * view that long.
 */
final class DeviceSpellings {
  private static final Duration PATIENCE = Duration.ofHours(1);

  /** Most bytes of one group's ids; the server truncates anything longer. */
  private static final String ROOM = "SET SESSION group_concat_max_len = 65536";

  private static final String SELECT =
      "SELECT COUNT(*), GROUP_CONCAT(QUOTE(device_id) ORDER BY device_id SEPARATOR ',')"
          + " FROM (SELECT DISTINCT device_id FROM sensor_data FORCE INDEX (sensor_data_identity)"
          + " WHERE device_id IS NOT NULL"
          // Ids that are not valid names at all are reported as such, row by row.
          + " AND LENGTH(device_id) BETWEEN 1 AND 128) AS devices"
          + " GROUP BY device_id COLLATE utf8mb4_unicode_520_ci HAVING COUNT(*) > 1";

  private DeviceSpellings() {}

  static void run(Connection connection, Consumer<Finding> each) throws SQLException {
    connection.setNetworkTimeout(Runnable::run, (int) PATIENCE.toMillis());
    try (PreparedStatement room = connection.prepareStatement(ROOM);
        PreparedStatement statement = connection.prepareStatement(SELECT)) {
      room.execute();
      statement.setFetchSize(Integer.MIN_VALUE);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          each.accept(finding(row.getLong(1), row.getString(2)));
        }
      }
    }
  }

  private static Finding finding(long count, String ids) {
    return new Finding(
        RowClass.SIMILAR_DEVICES,
        "device_id=" + ids,
        count
            + " device ids that differ only in case, accents or trailing spaces: each is a"
            + " separate device");
  }
}
