import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.helidon.http.Status;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Instant;
import javax.sql.DataSource;

/**
 * The service that Sluice takes the place of: a virtual thread a request, and each request one
 * INSERT of its own through a pool of connections. Arguments: port, JDBC URL of a server, user,
 * password. Its table is made anew in a database {@code sluice_bench_naive}.
 */
public final class NaiveService {
  private static final String INSERT =
      "INSERT INTO sluice_bench_naive.sensor_data (device_id, temp, created_at) VALUES (?, ?, ?)";

  private NaiveService() {}

  public static void main(String[] args) throws Exception {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(
        args[1]
            + (args[1].contains("?") ? "&" : "?")
            + "cachePrepStmts=true&connectionTimeZone=UTC");
    config.setUsername(args[2]);
    config.setPassword(args[3]);
    HikariDataSource pool = new HikariDataSource(config);
    makeTable(pool);
    WebServer.builder()
        .host("127.0.0.1")
        .port(Integer.parseInt(args[0]))
        .routing(routing ->
            routing
                .get("/ready", (request, response) -> response.status(Status.NO_CONTENT_204).send())
                .post("/v1/readings", (request, response) -> insert(pool, request, response)))
        .build()
        .start();
  }

  private static void makeTable(DataSource pool) throws SQLException {
    try (Connection connection = pool.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("DROP DATABASE IF EXISTS sluice_bench_naive");
      statement.execute("CREATE DATABASE sluice_bench_naive CHARACTER SET utf8mb4");
      statement.execute(
          "CREATE TABLE sluice_bench_naive.sensor_data (id BIGINT AUTO_INCREMENT PRIMARY KEY,"
              + " device_id VARCHAR(64), temp DOUBLE, created_at DATETIME(6))");
    }
  }

  private static void insert(DataSource pool, ServerRequest request, ServerResponse response)
      throws SQLException {
    JsonObject reading;
    try (JsonReader reader = Json.createReader(request.content().inputStream())) {
      reading = reader.readObject();
    }
    long micros = reading.getJsonNumber("ts").bigDecimalValue().movePointRight(3).longValue();
    try (Connection connection = pool.getConnection();
        PreparedStatement insert = connection.prepareStatement(INSERT)) {
      insert.setString(1, reading.getString("device_id"));
      insert.setDouble(2, reading.getJsonNumber("temp").doubleValue());
      insert.setTimestamp(
          3, Timestamp.from(Instant.ofEpochSecond(micros / 1_000_000, micros % 1_000_000 * 1_000)));
      insert.executeUpdate();
    }
    response.status(Status.NO_CONTENT_204).send();
  }
}
