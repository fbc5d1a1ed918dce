package dev.sluice.store.questdb.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.questdb.QuestDbConfig;
import dev.sluice.store.questdb.QuestDbSchema;
import dev.sluice.store.questdb.QuestDbServer;
import dev.sluice.store.questdb.TestConfigs;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The console and the PG wire let people look and nobody write. */
class ReadOnlyServersIT {
  @TempDir static Path directory;
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static EmbeddedQuestDb database;
  private static int consolePort;
  private static int pgPort;

  @BeforeAll
  static void open() throws Exception {
    consolePort = QuestDbServer.freePort();
    pgPort = QuestDbServer.freePort();
    QuestDbConfig config = TestConfigs.embedded(directory, consolePort, pgPort);
    database = EmbeddedQuestDb.open(config);
    new QuestDbSchema(database.sql()::execute, database.sql()::query).migrate();
    try (QuestDbSink sink = new QuestDbSink(database, config)) {
      ReadingBatch batch = new ReadingBatch();
      batch.clear(0);
      batch.add(new Reading("d", "m", 1, 21.5));
      sink.write(batch);
    }
    await().atMost(Duration.ofMinutes(2)).until(() -> pgAnswers() && consoleAnswers());
    await().until(() -> database.status().orElseThrow().visibleLag() == 0);
  }

  @AfterAll
  static void close() {
    database.close();
    HTTP.shutdownNow();
  }

  @Test
  void servesTheConsolePage() throws Exception {
    HttpResponse<String> page = get("/index.html");

    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.body()).contains("<title>QuestDB");
  }

  @Test
  void answersSelectsOnBothPorts() throws Exception {
    assertThat(exec("SELECT value FROM readings").body()).contains("\"dataset\":[[21.5]]");
    try (Connection connection = pg();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT value FROM readings")) {
      assertThat(rows.next()).isTrue();
      assertThat(rows.getDouble(1)).isEqualTo(21.5);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "INSERT INTO readings VALUES (1, 'x', 'y', 1)",
        "UPDATE readings SET value = 0",
        "TRUNCATE TABLE readings",
        "ALTER TABLE readings DROP PARTITION LIST '1970-01-01'",
        "CREATE TABLE other (a INT)",
        "DROP TABLE readings"
      })
  void refusesToWriteOnBothPorts(String statement) throws Exception {
    assertThat(exec(statement).statusCode()).isGreaterThanOrEqualTo(400);
    try (Connection connection = pg();
        Statement pgStatement = connection.createStatement()) {
      assertThatThrownBy(() -> pgStatement.execute(statement)).isInstanceOf(SQLException.class);
    }

    assertThat(database.sql().query("SELECT cast(count() AS VARCHAR) FROM readings").getFirst())
        .containsExactly("1");
  }

  @Test
  void takesNoReadingsPastSluice() throws Exception {
    HttpRequest lines =
        HttpRequest.newBuilder(uri("/write"))
            .timeout(Duration.ofSeconds(10))
            .POST(
                HttpRequest.BodyPublishers.ofString("readings,metric=x device_id=\"y\",value=1\n"))
            .build();

    assertThat(HTTP.send(lines, HttpResponse.BodyHandlers.ofString()).statusCode())
        .isGreaterThanOrEqualTo(400);
    assertThat(database.sql().query("SELECT cast(count() AS VARCHAR) FROM readings").getFirst())
        .containsExactly("1");
  }

  /**
   * QuestDB may break such an upload off without an answer; what counts is that nothing came in.
   */
  @Test
  void takesNoUploads() throws Exception {
    HttpRequest upload =
        HttpRequest.newBuilder(uri("/imp?name=other"))
            .timeout(Duration.ofSeconds(2))
            .header("Content-Type", "multipart/form-data; boundary=b")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    String.join(
                        "\r\n",
                        "--b",
                        "Content-Disposition: form-data; name=\"data\"; filename=\"o\"",
                        "",
                        "a,b",
                        "1,2",
                        "",
                        "--b--",
                        "")))
            .build();
    try {
      HttpResponse<String> answer = HTTP.send(upload, HttpResponse.BodyHandlers.ofString());
      assertThat(answer.body()).contains("permission denied");
    } catch (IOException e) {
      assertThat(e).isNotInstanceOf(ConnectException.class);
    }

    assertThat(database.sql().query("SELECT table_name FROM tables()"))
        .isNotEmpty()
        .doesNotContain(List.of("other"));
  }

  @Test
  void listensOnLoopbackOnly() throws Exception {
    for (int port : new int[] {consolePort, pgPort}) {
      // Another address of the loopback network: free unless somebody listens on all of them.
      try (ServerSocket other = new ServerSocket(port, 1, InetAddress.getByName("127.0.0.2"))) {
        assertThat(other.isBound()).isTrue();
      }
    }
  }

  @Test
  void leavesATakenPortAloneAndGoesOnWithoutIt(@TempDir Path elsewhere) throws Exception {
    int free = QuestDbServer.freePort();
    try (EmbeddedQuestDb second =
        EmbeddedQuestDb.open(TestConfigs.embedded(elsewhere, free, pgPort))) {
      assertThat(second.sql().query("SELECT 'up'").getFirst()).containsExactly("up");
      await()
          .atMost(Duration.ofMinutes(2))
          .ignoreExceptionsInstanceOf(IOException.class)
          .until(() -> get(free, "/index.html").statusCode() == 200);
    }
  }

  private static boolean pgAnswers() {
    try (Connection connection = pg()) {
      return connection.isValid(1);
    } catch (SQLException e) {
      return false;
    }
  }

  private static boolean consoleAnswers() throws InterruptedException {
    try {
      return exec("SELECT 1").statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  private static Connection pg() throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:" + pgPort + "/qdb?sslmode=disable", "admin", "quest");
  }

  private static HttpResponse<String> exec(String sql) throws IOException, InterruptedException {
    return get("/exec?query=" + URLEncoder.encode(sql, StandardCharsets.UTF_8));
  }

  private static HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return get(consolePort, path);
  }

  private static HttpResponse<String> get(int port, String path)
      throws IOException, InterruptedException {
    return HTTP.send(
        HttpRequest.newBuilder(uri(port, path)).timeout(Duration.ofSeconds(10)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static URI uri(String path) {
    return uri(consolePort, path);
  }

  private static URI uri(int port, String path) {
    return URI.create("http://127.0.0.1:" + port + path);
  }
}
