package dev.sluice.store.questdb.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.questdb.QuestDbConfig;
import dev.sluice.store.questdb.QuestDbSchema;
import dev.sluice.store.questdb.TestConfigs;
import dev.sluice.testing.TestPorts;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The console and the PG wire let people look who have the password, and nobody write. */
class ReadOnlyServersIT {
  @TempDir static Path directory;
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static EmbeddedQuestDb database;
  private static int consolePort;
  private static int pgPort;
  private static String password;

  @BeforeAll
  static void open() throws Exception {
    consolePort = TestPorts.free();
    pgPort = TestPorts.free();
    QuestDbConfig config = TestConfigs.embedded(directory, consolePort, pgPort);
    database = EmbeddedQuestDb.open(config, new QueryLimits(Duration.ofSeconds(3), 64 << 20));
    password = Files.readString(directory.resolve("console-password")).strip();
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
            .header("Authorization", basic(password))
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
            .header("Authorization", basic(password))
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
  void keepsARandomPasswordThatNobodyElseMayRead() throws Exception {
    Path file = directory.resolve("console-password");

    assertThat(password).matches("[0-9a-f]{32}");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/exec?query=SELECT%201",
        "/exp?query=SELECT%201",
        "/chk?f=json&j=readings",
        "/imp?fmt=json"
      })
  void tellsNothingToThoseWithoutThePassword(String path) throws Exception {
    assertThat(get(consolePort, path, new String[0]).statusCode()).isEqualTo(401);
    for (String wrong : List.of("", "quest", password + "x")) {
      assertThat(get(consolePort, path, "Authorization", basic(wrong)).statusCode()).isEqualTo(401);
    }
  }

  /** The page itself is the same everywhere. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/index.html",
        "/settings",
        "/warnings",
        "/ping",
        "/status",
        "/metrics",
        "/console-password",
        "/../console-password",
        "/conf/../../console-password",
        "/./exec?query=SELECT%20value%20FROM%20readings",
        "//exec?query=SELECT%20value%20FROM%20readings",
        "/exec/?query=SELECT%20value%20FROM%20readings"
      })
  void tellsNothingOfReadingsOrThePasswordElsewhere(String path) throws Exception {
    assertThat(get(consolePort, path, new String[0]).body())
        .doesNotContain("21.5", password, directory.toString());
  }

  @Test
  void asksForThePasswordOnThePgWire() {
    for (String[] login :
        new String[][] {{"admin", "quest"}, {"user", "quest"}, {"sluice", "quest"}}) {
      assertThatThrownBy(() ->
              DriverManager.getConnection(
                  "jdbc:postgresql://127.0.0.1:" + pgPort + "/qdb?sslmode=disable",
                  login[0],
                  login[1]))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("password");
    }
  }

  @Test
  void believesNoOtherHostAndNoOtherSite() throws Exception {
    String query = "GET /exec?query=SELECT%201 HTTP/1.1\r\n";
    String login = "Authorization: " + basic(password) + "\r\n";

    assertThat(status(query + login + "Host: localhost:" + consolePort)).isEqualTo(200);
    assertThat(status(query + login + "Host: localhost:1234")).isEqualTo(200);
    assertThat(status(query + login + "Host: rebound.example:" + consolePort)).isEqualTo(401);
    assertThat(status(query + login + "Host: localhost\r\nOrigin: http://evil.example"))
        .isEqualTo(401);
    assertThat(status(query + login + "Host: localhost\r\nOrigin: http://localhost"))
        .isEqualTo(200);
    assertThat(status(query + login + "Host: localhost\r\nSec-Fetch-Site: same-origin"))
        .isEqualTo(200);
    String image = "Host: localhost\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors";
    assertThat(status(query + login + image)).isEqualTo(401);
    String link = "Host: localhost\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate";
    assertThat(status(query + login + link)).isEqualTo(401);
    assertThat(status("GET / HTTP/1.1\r\n" + link)).isEqualTo(301);
    assertThat(status("GET /index.html HTTP/1.1\r\n" + link)).isEqualTo(200);
  }

  @Test
  void setsNoCookie() throws Exception {
    assertThat(exec("SELECT 1").headers().map()).doesNotContainKey("set-cookie");
    assertThat(get("/exec?query=SELECT%201&session=true").headers().map())
        .doesNotContainKey("set-cookie");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT * FROM files('/etc')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM import_files()",
        "SELECT * FROM export_files()",
        "SELECT * FROM read_parquet('trades.parquet')",
        "SELECT * FROM read_parquet('/etc/passwd')",
        "SELECT * FROM parquet_scan('/etc/passwd')",
        "COPY readings FROM '/etc/passwd'",
        "COPY readings TO 'out' WITH FORMAT PARQUET",
        "COPY (SELECT 1) TO 'out' WITH FORMAT PARQUET",
        "BACKUP DATABASE",
        "BACKUP TABLE readings",
        "CHECKPOINT CREATE",
        "SELECT reload_config()",
        "SELECT simulate_crash('0')",
        "CREATE USER x",
        "ALTER TABLE readings RESUME WAL"
      })
  void reachesNoFilesAndNoEngine(String statement) throws Exception {
    HttpResponse<String> answer = exec(statement);

    assertThat(answer.statusCode()).as(answer.body()).isGreaterThanOrEqualTo(400);
    assertThat(answer.body()).contains("\"error\"");
    try (Connection connection = pg();
        Statement pgStatement = connection.createStatement()) {
      assertThatThrownBy(() -> pgStatement.execute(statement)).isInstanceOf(SQLException.class);
    }
  }

  @Test
  void comparesTextsWithPatternsAllTheSame() throws Exception {
    assertThat(exec("SELECT glob('temperature', 'temp*')").body()).contains("[[true]]");
  }

  @Test
  void tellsNobodyThePassword() throws Exception {
    for (String statement :
        List.of("SHOW PARAMETERS", "SHOW ALL", "SELECT * FROM query_activity()")) {
      assertThat(exec(statement).body()).doesNotContain(password);
    }
  }

  @Test
  void cancelsAQueryThatTakesTooMuchMemory() throws Exception {
    HttpResponse<String> answer =
        exec(
            "SELECT x, count() FROM (SELECT rnd_long() x FROM long_sequence(2000000000))"
                + " GROUP BY x ORDER BY x LIMIT 1");

    assertThat(answer.statusCode()).isGreaterThanOrEqualTo(400);
    assertThat(answer.body()).contains("cancelled");
    assertThat(exec("SELECT count() FROM readings").body()).contains("[[1]]");
  }

  @Test
  void cancelsAQueryThatTakesTooLongWhateverItsSenderAsksFor() throws Exception {
    String slow = "SELECT sum(rnd_double()) FROM long_sequence(100000000000)";
    HttpResponse<String> answer =
        get(
            consolePort,
            "/exec?query=" + URLEncoder.encode(slow, StandardCharsets.UTF_8),
            "Authorization",
            basic(password),
            "Statement-Timeout",
            "3600000");

    assertThat(answer.statusCode()).isGreaterThanOrEqualTo(400);
    assertThat(answer.body()).contains("cancelled");
    try (Connection connection = pg();
        Statement statement = connection.createStatement()) {
      assertThatThrownBy(() -> statement.executeQuery(slow))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("cancelled");
    }
  }

  @Test
  void takesThePasswordThatIsSet(@TempDir Path elsewhere) throws Exception {
    QuestDbConfig config =
        TestConfigs.embedded(elsewhere, TestPorts.free(), 0, Optional.of("open sesame"));
    try (EmbeddedQuestDb second = EmbeddedQuestDb.open(config)) {
      await()
          .atMost(Duration.ofMinutes(2))
          .ignoreExceptionsInstanceOf(IOException.class)
          .until(() ->
              get(
                          config.consolePort(),
                          "/exec?query=SELECT%201",
                          "Authorization",
                          basic("open sesame"))
                      .statusCode()
                  == 200);
      assertThat(get(config.consolePort(), "/exec?query=SELECT%201").statusCode()).isEqualTo(401);
      assertThat(elsewhere.resolve("console-password")).doesNotExist();
      assertThat(second.sql().query("SELECT 'up'").getFirst()).containsExactly("up");
    }
  }

  private static int status(String head) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), consolePort)) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write((head + "\r\n\r\n").getBytes(StandardCharsets.UTF_8));
      BufferedReader answer =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      return Integer.parseInt(String.valueOf(answer.readLine()).substring(9, 12));
    }
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
    int free = TestPorts.free();
    try (EmbeddedQuestDb second =
        EmbeddedQuestDb.open(TestConfigs.embedded(elsewhere, free, pgPort))) {
      assertThat(second.sql().query("SELECT 'up'").getFirst()).containsExactly("up");
      await()
          .atMost(Duration.ofMinutes(2))
          .ignoreExceptionsInstanceOf(IOException.class)
          .until(() -> get(free, "/exec?query=SELECT%201").statusCode() == 401);
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
        "jdbc:postgresql://127.0.0.1:" + pgPort + "/qdb?sslmode=disable", "sluice", password);
  }

  private static HttpResponse<String> exec(String sql) throws IOException, InterruptedException {
    return get("/exec?query=" + URLEncoder.encode(sql, StandardCharsets.UTF_8));
  }

  private static HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return get(consolePort, path);
  }

  private static HttpResponse<String> get(int port, String path)
      throws IOException, InterruptedException {
    return get(port, path, "Authorization", basic(password));
  }

  private static HttpResponse<String> get(int port, String path, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri(port, path)).timeout(Duration.ofSeconds(30));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private static String basic(String password) {
    String login = "sluice:" + password;
    return "Basic " + Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8));
  }

  private static URI uri(String path) {
    return uri(consolePort, path);
  }

  private static URI uri(int port, String path) {
    return URI.create("http://127.0.0.1:" + port + path);
  }
}
