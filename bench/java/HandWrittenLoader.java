import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.List;

/**
 * What a careful person would write by hand to load line protocol into sensor_data: one connection,
 * 5,000 rows an INSERT, one commit each. Arguments: url, user, password, file. Prints rows/s.
 */
public final class HandWrittenLoader {
  private static final int ROWS = 5_000;

  private HandWrittenLoader() {}

  public static void main(String[] args) throws Exception {
    List<String> lines = Files.readAllLines(Path.of(args[3]));
    String url =
        args[0]
            + (args[0].contains("?") ? "&" : "?")
            + "rewriteBatchedStatements=true&connectionTimeZone=UTC";
    try (Connection connection = DriverManager.getConnection(url, args[1], args[2])) {
      connection.setAutoCommit(false);
      long begin = System.nanoTime();
      try (PreparedStatement insert =
          connection.prepareStatement(
              "INSERT INTO sensor_data (device_id, temp, created_at) VALUES (?, ?, ?)")) {
        for (int i = 0; i < lines.size(); i++) {
          bind(insert, lines.get(i));
          if ((i + 1) % ROWS == 0 || i + 1 == lines.size()) {
            insert.executeBatch();
            connection.commit();
          }
        }
      }
      double seconds = (System.nanoTime() - begin) / 1e9;
      System.out.printf("%.0f%n", lines.size() / seconds);
    }
  }

  /** {@code temp,device_id=D value=V T}, T in microseconds. */
  private static void bind(PreparedStatement insert, String line) throws Exception {
    int device = line.indexOf('=') + 1;
    int space = line.indexOf(' ');
    int value = line.indexOf('=', space) + 1;
    int ts = line.indexOf(' ', value);
    long micros = Long.parseLong(line.substring(ts + 1));
    insert.setString(1, line.substring(device, space));
    insert.setDouble(2, Double.parseDouble(line.substring(value, ts)));
    insert.setTimestamp(
        3, Timestamp.from(Instant.ofEpochSecond(micros / 1_000_000, micros % 1_000_000 * 1_000)));
    insert.addBatch();
  }
}
