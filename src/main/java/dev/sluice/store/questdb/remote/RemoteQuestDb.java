package dev.sluice.store.questdb.remote;

import dev.sluice.store.MirrorStore;
import dev.sluice.store.ReadingScan;
import dev.sluice.store.ReadingSource;
import dev.sluice.store.WalStatus;
import dev.sluice.store.questdb.DeviceHash;
import dev.sluice.store.questdb.QuestDbConfig;
import dev.sluice.store.questdb.QuestDbReadings;
import dev.sluice.store.questdb.QuestDbSql;
import dev.sluice.store.questdb.QuestDbTable;
import dev.sluice.store.questdb.StallGuard;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * A remote QuestDB server, queried in SQL over its HTTP route {@code /exec}. Thread-safe. Every
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
  private final Duration answerTimeout;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT_TIMEOUT)
          .build();

  private volatile boolean hashes;

  /** Connects to nothing yet. */
  public RemoteQuestDb(QuestDbConfig config) {
    this(config, ANSWER_TIMEOUT);
  }

  /**
   * @param answerTimeout longest the server may stay silent while a response is due
   */
  RemoteQuestDb(QuestDbConfig config, Duration answerTimeout) {
    this.answerTimeout = answerTimeout;
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

  /** Creates the source for clients' reads. */
  public ReadingSource readings() {
    return new QuestDbReadings(new HttpRows(this, HttpCursor.PAGE_ROWS));
  }

  /** Creates the scan of the whole table. */
  public ReadingScan scan() {
    return new QuestDbReadings(new HttpRows(this, HttpCursor.PAGE_ROWS));
  }

  /**
   * Creates the mirror for a migration. It removes nothing: QuestDB has no DELETE, and replacing a
   * range of ts within one transaction, as the engine can, is not available to clients.
   */
  public MirrorStore mirror() {
    return new HttpMirror(this);
  }

  /**
   * The table's id, which changes when it is dropped and recreated; empty while there is no table.
   */
  Optional<String> tableId() throws IOException {
    return query("SELECT id FROM tables() WHERE table_name = '" + QuestDbTable.NAME + "'").stream()
        .findFirst()
        .map(List::getFirst);
  }

  /**
   * Whether the table has the column {@code device_hash}: a server may apply the migration that
   * adds it a while after it was run.
   */
  boolean hasHashes() throws IOException {
    if (!hashes) {
      hashes =
          query("SELECT \"column\" FROM table_columns('" + QuestDbTable.NAME + "')")
              .contains(List.of(DeviceHash.COLUMN));
    }
    return hashes;
  }

  /** How much of the table's WAL has been applied; empty while there is no table. */
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

  /** A transaction number that QuestDB does not know before the first commit: 0 until then. */
  private static long transaction(String number) {
    return number.isEmpty() ? 0 : Long.parseLong(number);
  }

  /** Whether the server syncs a commit before it acknowledges it. */
  boolean syncsCommits() throws IOException {
    return query("(SHOW PARAMETERS) WHERE property_path = 'cairo.commit.mode'").stream()
        .anyMatch(row -> row.contains("sync"));
  }

  /** Whether the server accepts the binary numbers of version 2 of its line protocol. */
  boolean takesBinaryLines() throws IOException {
    HttpResponse<InputStream> answer = get("/settings");
    try (InputStream body = answer.body()) {
      String settings = new String(body.readNBytes(MAX_SETTINGS_BYTES), StandardCharsets.UTF_8);
      return answer.statusCode() == 200 && BINARY_LINES.matcher(settings).find();
    }
  }

  /** Streams rows, every value as text, until {@code wantsMore} declines. */
  void rows(String sql, Predicate<List<String>> wantsMore) throws IOException {
    try (AnswerRows rows = rows(sql)) {
      while (rows.next() && wantsMore.test(List.copyOf(rows.row()))) {}
    }
  }

  /** The rows of a query as they arrive; must be closed. */
  AnswerRows rows(String sql) throws IOException {
    HttpResponse<InputStream> answer =
        get("/exec?query=" + URLEncoder.encode(sql, StandardCharsets.UTF_8));
    InputStream body = new StallGuard(answer.body(), answerTimeout);
    if (answer.statusCode() == 200) {
      return new AnswerRows("QuestDB at " + url + " to \"" + sql + "\"", body);
    }
    try (body) {
      throw new IOException(
          "QuestDB at %s answered %s to \"%s\": %s"
              .formatted(
                  url,
                  answer.statusCode(),
                  sql,
                  new String(body.readNBytes(1_000), StandardCharsets.UTF_8)));
    }
  }

  /** Waits for the response's head only: its body may take longer, see {@link StallGuard}. */
  private HttpResponse<InputStream> get(String path) throws IOException {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + path));
    authorization.ifPresent(value -> request.header("Authorization", value));
    CompletableFuture<HttpResponse<InputStream>> answer =
        http.sendAsync(request.build(), BodyHandlers.ofInputStream());
    try {
      return answer.get(answerTimeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      answer.cancel(true);
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while asking QuestDB at " + url, e);
    } catch (TimeoutException e) {
      answer.cancel(true);
      throw new IOException(
          "QuestDB at " + url + " did not answer within " + answerTimeout.toSeconds() + " s", e);
    } catch (ExecutionException e) {
      throw new IOException("QuestDB at " + url + " does not answer: " + e.getCause(), e);
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
