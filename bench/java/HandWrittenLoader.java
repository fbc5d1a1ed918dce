import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What a careful person would write by hand to load line protocol into sensor_data: some
 * connections, 5,000 rows an INSERT, one commit each. Arguments: url, user, password, file,
 * connections. Prints rows/s and CPU seconds per million rows; the first tenth is loaded once
 * before, a day earlier, and not counted.
 */
public final class HandWrittenLoader {
  private static final int ROWS = 5_000;
  private static final Duration EARLIER = Duration.ofDays(1);

  private final List<String> lines;
  private final List<Connection> connections;

  private HandWrittenLoader(List<String> lines, List<Connection> connections) {
    this.lines = lines;
    this.connections = connections;
  }

  public static void main(String[] args) throws Exception {
    String url =
        args[0]
            + (args[0].contains("?") ? "&" : "?")
            + "rewriteBatchedStatements=true&connectionTimeZone=UTC";
    List<Connection> connections = new ArrayList<>();
    for (int i = 0; i < Integer.parseInt(args[4]); i++) {
      Connection connection = DriverManager.getConnection(url, args[1], args[2]);
      connection.setAutoCommit(false);
      connections.add(connection);
    }
    List<String> lines = Files.readAllLines(Path.of(args[3]));
    HandWrittenLoader loader = new HandWrittenLoader(lines, connections);
    loader.load(lines.size() / 10, EARLIER);
    long cpu = cpuNanos();
    long begin = System.nanoTime();
    loader.load(lines.size(), Duration.ZERO);
    double seconds = (System.nanoTime() - begin) / 1e9;
    System.out.printf(
        "%.0f %.2f%n", lines.size() / seconds, (cpuNanos() - cpu) / 1e3 / lines.size());
    for (Connection connection : connections) {
      connection.close();
    }
  }

  private static long cpuNanos() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
  }

  /** The first of the lines, each as much earlier; every connection takes the next 5,000. */
  private void load(int count, Duration earlier) throws Exception {
    AtomicInteger next = new AtomicInteger();
    try (ExecutorService threads = Executors.newFixedThreadPool(connections.size())) {
      List<Future<?>> running = new ArrayList<>();
      for (Connection connection : connections) {
        running.add(
            threads.submit(() -> {
              for (int from = next.getAndAdd(ROWS); from < count; from = next.getAndAdd(ROWS)) {
                insert(connection, lines.subList(from, Math.min(count, from + ROWS)), earlier);
              }
              return null;
            }));
      }
      for (Future<?> one : running) {
        one.get();
      }
    }
  }

  private static void insert(Connection connection, List<String> rows, Duration earlier)
      throws Exception {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO sensor_data (device_id, temp, created_at) VALUES (?, ?, ?)")) {
      for (String row : rows) {
        bind(insert, row, earlier);
      }
      insert.executeBatch();
      connection.commit();
    }
  }

  /** {@code temp,device_id=D value=V T}, T in microseconds. */
  private static void bind(PreparedStatement insert, String line, Duration earlier)
      throws Exception {
    int device = line.indexOf('=') + 1;
    int space = line.indexOf(' ');
    int value = line.indexOf('=', space) + 1;
    int ts = line.indexOf(' ', value);
    long micros = Long.parseLong(line.substring(ts + 1));
    Instant instant = Instant.ofEpochSecond(micros / 1_000_000, micros % 1_000_000 * 1_000);
    insert.setString(1, line.substring(device, space));
    insert.setDouble(2, Double.parseDouble(line.substring(value, ts)));
    insert.setTimestamp(3, Timestamp.from(instant.minus(earlier)));
    insert.addBatch();
  }
}
