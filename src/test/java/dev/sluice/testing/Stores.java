package dev.sluice.testing;

import static org.awaitility.Awaitility.await;

import dev.sluice.reading.Reading;
import java.net.URI;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Reads all readings of a store by the store's own wire, past Sluice's code. */
public final class Stores {
  private Stores() {}

  /** Every row of {@code sensor_data} that counts. */
  public static List<Reading> mysql(TestMysql mysql) {
    try (Connection connection = mysql.connect();
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT device_id, metric,"
                    + " TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', created_at),"
                    + " IF(metric = 'temp', temp, value) FROM sensor_data WHERE superseded = 0")) {
      return readings(rows);
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  /**
   * Every row of {@code readings}, once all commits are applied.
   *
   * @param pg URL of the PostgreSQL wire; with user and password, or without for those of QuestDB's
   *     own server
   */
  public static List<Reading> questDb(URI pg) {
    String[] login = (pg.getUserInfo() == null ? "admin:quest" : pg.getUserInfo()).split(":", 2);
    try (Connection connection =
            DriverManager.getConnection(
                "jdbc:postgresql://" + pg.getHost() + ":" + pg.getPort() + "/qdb",
                login[0],
                login[1]);
        Statement statement = connection.createStatement()) {
      await()
          .atMost(Duration.ofMinutes(2))
          .until(() -> {
            try (ResultSet tables =
                statement.executeQuery(
                    "SELECT writerTxn = sequencerTxn AND NOT suspended FROM wal_tables()"
                        + " WHERE name = 'readings'")) {
              return tables.next() && tables.getBoolean(1);
            }
          });
      try (ResultSet rows =
          statement.executeQuery(
              "SELECT device_id, metric, cast(ts AS LONG), value FROM readings")) {
        return readings(rows);
      }
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private static List<Reading> readings(ResultSet rows) throws SQLException {
    List<Reading> readings = new ArrayList<>();
    while (rows.next()) {
      readings.add(
          new Reading(rows.getString(1), rows.getString(2), rows.getLong(3), rows.getDouble(4)));
    }
    return readings;
  }
}
