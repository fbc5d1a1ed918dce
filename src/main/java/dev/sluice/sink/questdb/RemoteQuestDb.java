package dev.sluice.sink.questdb;

import dev.sluice.sink.WalStatus;
import jakarta.json.Json;
import jakarta.json.JsonException;
import jakarta.json.stream.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * A QuestDB server elsewhere, asked in SQL over its HTTP route {@code /exec}. Thread-safe. Every
 * failure is an {@link IOException} that names the server.
 */
public final class RemoteQuestDb implements QuestDbSql, AutoCloseable {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(30);

  private static final int MAX_SETTINGS_BYTES = 64 << 10;
  private static final Pattern BINARY_LINES =
      Pattern.compile("\"line\\.proto\\.support\\.versions\":\\[[^]]*\\b2\\b");

  private final String url;
  private final Optional<String> authorization;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT_TIMEOUT)
          .build();

  /** Connects to nothing yet. */
  public RemoteQuestDb(QuestDbConfig config) {
    this.url = config.url().replaceAll("/+$", "");
    this.authorization = config.user().isEmpty() ? Optional.empty() : Optional.of(basic(config));
  }

  @Override
  public void execute(String statement) throws IOException {
    rows(statement, row -> true);
  }

  @Override
  public List<List<String>> query(String select) throws IOException {
    List<List<String>> all = new ArrayList<>();
    rows(select, all::add);
    return all;
  }

  /** How far the table's WAL has been applied; empty while there is no table. */
  public Optional<WalStatus> status() throws IOException {
    return query(
            "SELECT suspended, errorMessage, sequencerTxn, writerTxn FROM wal_tables()"
                + " WHERE name = '"
                + QuestDbTable.NAME
                + "'")
        .stream()
        .findFirst()
        .map(row ->
            new WalStatus(
                Boolean.parseBoolean(row.get(0)),
                row.get(1),
                transaction(row.get(2)),
                transaction(row.get(3))));
  }

  /** Unknown before the first commit. */
  private static long transaction(String number) {
    return number.isEmpty() ? 0 : Long.parseLong(number);
  }

  /** Whether the server syncs a commit before it acknowledges it. */
  boolean syncsCommits() throws IOException {
    return query("(SHOW PARAMETERS) WHERE property_path = 'cairo.commit.mode'").stream()
        .anyMatch(row -> row.contains("sync"));
  }

  /** Whether the server reads the binary numbers of its line protocol's version 2. */
  boolean takesBinaryLines() throws IOException {
    HttpResponse<InputStream> answer = get("/settings");
    try (InputStream body = answer.body()) {
      String settings = new String(body.readNBytes(MAX_SETTINGS_BYTES), StandardCharsets.UTF_8);
      return answer.statusCode() == 200 && BINARY_LINES.matcher(settings).find();
    }
  }

  /** Streams rows, every value as text, until {@code wantsMore} declines. */
  void rows(String sql, Predicate<List<String>> wantsMore) throws IOException {
    HttpResponse<InputStream> answer = send(sql);
    try (InputStream body = answer.body()) {
      if (answer.statusCode() != 200) {
        throw new IOException(
            "QuestDB at "
                + url
                + " answered "
                + answer.statusCode()
                + " to \""
                + sql
                + "\": "
                + new String(body.readNBytes(1_000), StandardCharsets.UTF_8));
      }
      read(body, wantsMore);
    } catch (JsonException | IllegalStateException e) {
      throw new IOException("QuestDB at " + url + " broke off its answer to \"" + sql + "\"", e);
    }
  }

  /** The answer is {@code {"columns":[{...}],"dataset":[[...],...],...}}. */
  private static void read(InputStream body, Predicate<List<String>> wantsMore) {
    try (JsonParser json = Json.createParser(body)) {
      boolean inRows = false;
      boolean wanted = true;
      List<String> row = new ArrayList<>();
      while (wanted && json.hasNext()) {
        switch (json.next()) {
          case KEY_NAME -> inRows = json.getString().equals("dataset");
          case START_ARRAY -> row = new ArrayList<>();
          case END_ARRAY -> {
            if (inRows && !row.isEmpty()) {
              wanted = wantsMore.test(row);
              row = new ArrayList<>();
            }
          }
          case VALUE_STRING, VALUE_NUMBER -> row.add(json.getString());
          case VALUE_TRUE -> row.add("true");
          case VALUE_FALSE -> row.add("false");
          case VALUE_NULL -> row.add("");
          case START_OBJECT, END_OBJECT -> {}
        }
      }
    }
  }

  private HttpResponse<InputStream> send(String sql) throws IOException {
    return get("/exec?query=" + URLEncoder.encode(sql, StandardCharsets.UTF_8));
  }

  private HttpResponse<InputStream> get(String path) throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url + path)).timeout(ANSWER_TIMEOUT);
    authorization.ifPresent(value -> request.header("Authorization", value));
    try {
      return http.send(request.build(), BodyHandlers.ofInputStream());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while asking QuestDB at " + url, e);
    } catch (IOException e) {
      throw new IOException("QuestDB at " + url + " does not answer: " + e, e);
    }
  }

  private static String basic(QuestDbConfig config) {
    String pair = config.user() + ":" + config.password();
    return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
