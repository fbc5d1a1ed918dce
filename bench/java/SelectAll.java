import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;

/**
 * Streams every reading of sensor_data and does nothing with it: the most a backfill could reach on
 * one connection. Arguments: url, user, password. Prints rows/s.
 */
public final class SelectAll {
  private SelectAll() {}

  public static void main(String[] args) throws Exception {
    try (Connection connection = DriverManager.getConnection(args[0], args[1], args[2]);
        Statement statement = connection.createStatement()) {
      statement.setFetchSize(Integer.MIN_VALUE);
      long rows = 0;
      long bytes = 0;
      long begin = System.nanoTime();
      try (ResultSet row =
          statement.executeQuery(
              "SELECT device_id, TIMESTAMPDIFF(MICROSECOND, '1970-01-01', created_at), metric,"
                  + " IF(metric = 'temp', temp, value) FROM sensor_data WHERE superseded = 0")) {
        while (row.next()) {
          bytes += row.getString(1).length() + row.getString(3).length();
          bytes += row.getLong(2) + row.getDouble(4) > 0 ? 16 : 0;
          rows++;
        }
      }
      double seconds = (System.nanoTime() - begin) / 1e9;
      if (bytes < rows) {
        throw new AssertionError("nothing was read");
      }
      System.out.printf("%.0f%n", rows / seconds);
    }
  }
}
