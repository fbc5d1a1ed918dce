package dev.sluice.sink.questdb;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.reading.ReadingBatch;
import dev.sluice.sink.Sink;
import dev.sluice.sink.WriteResult;
import io.questdb.client.Sender;
import io.questdb.client.cutlass.line.LineSenderException;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes to a QuestDB server over HTTP with its own client: each batch, sorted by ts, is one
 * request and one commit. Confined to the delivery thread.
 *
 * <p>Once a second it first asks the server whether the table is suspended (it then resumes it,
 * more and more rarely) and whether commits are synced. After a failure the client is thrown away,
 * with whatever it still held, and a new one made for the next write.
 */
public final class RemoteQuestDbSink implements Sink {
  private static final Logger LOG = LoggerFactory.getLogger(RemoteQuestDbSink.class);
  private static final long CHECK_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final int REQUEST_TIMEOUT_MS = 30_000;

  /** Delivery retries with its own pauses; this only bridges a dropped keep-alive connection. */
  private static final int RETRY_TIMEOUT_MS = 500;

  private final RemoteQuestDb server;
  private final QuestDbConfig config;
  private final TimeOrder order = new TimeOrder();
  private final MetricNames metrics = new MetricNames();
  private final ResumePause resumes = new ResumePause();
  private @Nullable Sender sender;
  private long nextCheckNanos = System.nanoTime();
  private Duration durableAfter;

  public RemoteQuestDbSink(RemoteQuestDb server, QuestDbConfig config) {
    this.server = server;
    this.config = config;
    this.durableAfter = config.durableAfter();
  }

  @Override
  public String name() {
    return "questdb";
  }

  @Override
  public int maxBatch() {
    return config.batchRows();
  }

  @Override
  public WriteResult write(ReadingBatch batch) {
    try {
      Optional<String> problem = check();
      if (problem.isPresent()) {
        return new WriteResult.Unavailable(problem.get());
      }
      send(batch);
      return new WriteResult.Written(durableAfter);
    } catch (IOException e) {
      return failed(String.valueOf(e.getMessage()));
    } catch (LineSenderException e) {
      String reason = String.valueOf(e.getMessage());
      return isRefusal(reason) ? refused(reason) : failed(reason);
    }
  }

  /** Why nothing can be written now; asked at most once a second. */
  private Optional<String> check() throws IOException {
    long now = System.nanoTime();
    if (sender != null && now - nextCheckNanos < 0) {
      return Optional.empty();
    }
    Optional<QuestDbStatus> status = server.status();
    if (status.isEmpty()) {
      return Optional.of(QuestDbTable.MISSING);
    }
    if (status.get().suspended()) {
      return Optional.of(suspended(status.get(), now));
    }
    resumes.healthy();
    durableAfter = server.syncsCommits() ? Duration.ZERO : config.durableAfter();
    nextCheckNanos = now + CHECK_NANOS;
    return Optional.empty();
  }

  private String suspended(QuestDbStatus status, long now) throws IOException {
    String problem = QuestDbTable.suspended(status);
    if (resumes.due(now)) {
      LOG.warn("{}", problem);
      server.execute(QuestDbTable.RESUME);
    }
    return problem;
  }

  private void send(ReadingBatch batch) {
    Sender open = sender();
    int[] rows = order.of(batch);
    byte[] bytes = batch.bytes();
    for (int i = 0; i < batch.size(); i++) {
      int row = rows[i];
      open.table(QuestDbTable.NAME)
          .symbol("metric", metrics.of(bytes, batch.metricAt(row), batch.metricLength(row)))
          .stringColumn(
              "device_id", new String(bytes, batch.deviceAt(row), batch.deviceLength(row), UTF_8))
          .doubleColumn("value", batch.value(row))
          .at(batch.tsMicros(row), ChronoUnit.MICROS);
    }
    open.flush();
  }

  private Sender sender() {
    Sender open = sender;
    if (open == null) {
      open = connect(URI.create(config.url()));
      sender = open;
    }
    return open;
  }

  /** Protocol 2 carries doubles bit by bit, and needs no question to the server at start. */
  private Sender connect(URI url) {
    boolean tls = "https".equals(url.getScheme());
    int port = url.getPort() >= 0 ? url.getPort() : tls ? 443 : 80;
    Sender.LineSenderBuilder builder =
        Sender.builder(Sender.Transport.HTTP)
            .address(url.getHost() + ":" + port)
            .protocolVersion(Sender.PROTOCOL_VERSION_V2)
            .disableAutoFlush()
            .httpTimeoutMillis(REQUEST_TIMEOUT_MS)
            .retryTimeoutMillis(RETRY_TIMEOUT_MS);
    if (!config.user().isEmpty()) {
      builder.httpUsernamePassword(config.user(), config.password());
    }
    return (tls ? builder.enableTls() : builder).build();
  }

  private WriteResult failed(String reason) {
    abandon();
    return new WriteResult.Unavailable(
        reason.contains(config.url()) ? reason : "QuestDB at " + config.url() + ": " + reason);
  }

  private WriteResult refused(String reason) {
    abandon();
    return new WriteResult.Refused(reason);
  }

  /** The client tells of the status only in its words. */
  private static boolean isRefusal(String reason) {
    return reason.contains("http-status=400")
        || reason.contains("http-status=413")
        || reason.contains("code: invalid");
  }

  /** Drops the rows not acknowledged: closing would send them. */
  private void abandon() {
    Sender open = sender;
    sender = null;
    if (open != null) {
      open.reset();
      open.close();
    }
  }

  @Override
  public void close() {
    abandon();
  }
}
