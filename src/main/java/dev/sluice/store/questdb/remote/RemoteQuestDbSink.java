package dev.sluice.store.questdb.remote;

import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.Sink;
import dev.sluice.store.WalStatus;
import dev.sluice.store.WriteCheck;
import dev.sluice.store.WritePermit;
import dev.sluice.store.WriteResult;
import dev.sluice.store.questdb.NativeLibraries;
import dev.sluice.store.questdb.QuestDbConfig;
import dev.sluice.store.questdb.QuestDbTable;
import dev.sluice.store.questdb.TimeOrder;
import io.questdb.client.Sender;
import io.questdb.client.cutlass.line.LineSenderException;
import io.questdb.client.cutlass.line.http.AbstractLineHttpSender;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Writes to a QuestDB server over HTTP with QuestDB's own client: each batch, sorted by ts, is one
 * request and one commit. Confined to the delivery thread.
 *
 * <p>At most once a second, before a write, it asks the server whether its schema is still the
 * right one (given a line for a table it does not have, a server creates one, without identity),
 * whether the table is suspended ({@link RemoteSuspensionWatch} resumes it) or lags far behind, and
 * whether commits are synced. It also checks that the table is the one the client has written to: a
 * server lets a connection keep writing to a table that was dropped, acknowledges the writes, and
 * stores none of them. All this is checked, too, before concluding that a reading, and not the
 * table, was refused. After a failure the client is discarded, with whatever it still held, and the
 * next write creates a new one.
 */
public final class RemoteQuestDbSink implements Sink {
  private static final long CHECK_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final int REQUEST_TIMEOUT_MS = 30_000;

  /**
   * The client sends nothing again by itself: delivery does, once it is known that this process
   * still may.
   */
  private static final int RETRY_TIMEOUT_MS = 0;

  /** The server drops connections that have been idle for five minutes. */
  private static final long MOST_IDLE_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final RemoteQuestDb server;
  private final QuestDbConfig config;
  private final WriteCheck check;
  private final TimeOrder order = new TimeOrder();
  private final LineBatch lines = new LineBatch();
  private @Nullable AbstractLineHttpSender sender;
  private String tableId = "";
  private long nextCheckNanos = System.nanoTime();
  private long sentNanos = System.nanoTime();
  private Duration durableAfter;

  /**
   * Connects to nothing yet.
   *
   * @param check called repeatedly
   */
  public RemoteQuestDbSink(RemoteQuestDb server, QuestDbConfig config, WriteCheck check) {
    this.server = server;
    this.config = config;
    this.check = check;
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
    return write(batch, WritePermit.ALWAYS);
  }

  @Override
  public WriteResult write(ReadingBatch batch, WritePermit permit) {
    try {
      Optional<WriteResult> problem = check();
      if (problem.isPresent()) {
        return problem.get();
      }
      return send(batch, permit)
          ? new WriteResult.Written(durableAfter)
          : new WriteResult.Unavailable(WritePermit.GONE);
    } catch (IOException e) {
      return failed(String.valueOf(e.getMessage()));
    } catch (LineSenderException e) {
      String reason = String.valueOf(e.getMessage());
      return isRefusal(reason) ? refused(reason) : failed(reason);
    }
  }

  /** If the table as a whole cannot be written to, the refusal is not a reading's fault. */
  private WriteResult refused(String reason) {
    abandon();
    try {
      return check().orElseGet(() -> new WriteResult.Refused(reason));
    } catch (IOException e) {
      return failed(String.valueOf(e.getMessage()));
    }
  }

  /** Why nothing can be written now; asks the server at most once a second. */
  private Optional<WriteResult> check() throws IOException {
    long now = System.nanoTime();
    if (sender != null && now - nextCheckNanos < 0) {
      return Optional.empty();
    }
    if (sender == null && !server.takesBinaryLines()) {
      return unavailable(
          "QuestDB at "
              + config.url()
              + " does not offer version 2 of its line protocol over HTTP; run QuestDB 9 or newer"
              + " there, with line.http.enabled");
    }
    Optional<String> problem = check.objection();
    if (problem.isPresent()) {
      return unavailable(problem.get());
    }
    Optional<WalStatus> status = server.status();
    String id = server.tableId().orElse("");
    if (!id.equals(tableId)) {
      abandon();
      tableId = id;
    }
    if (status.isEmpty() || id.isEmpty()) {
      return unavailable(QuestDbTable.MISSING);
    }
    return check(status.get(), now);
  }

  private Optional<WriteResult> check(WalStatus status, long now) throws IOException {
    if (status.suspended()) {
      return unavailable(QuestDbTable.suspended(status));
    }
    if (status.visibleLag() > QuestDbTable.MAX_UNAPPLIED) {
      return Optional.of(new WriteResult.Busy(QuestDbTable.behind(status)));
    }
    durableAfter = server.syncsCommits() ? Duration.ZERO : config.durableAfter();
    nextCheckNanos = now + CHECK_NANOS;
    return Optional.empty();
  }

  private static Optional<WriteResult> unavailable(String reason) {
    return Optional.of(new WriteResult.Unavailable(reason));
  }

  /** Whether it was permitted. */
  private boolean send(ReadingBatch batch, WritePermit permit) throws IOException {
    AbstractLineHttpSender open = sender();
    lines.encode(batch, order.of(batch));
    open.putRawMessage(lines);
    if (!permit.holds()) {
      abandon();
      return false;
    }
    open.flush();
    sentNanos = System.nanoTime();
    return true;
  }

  private AbstractLineHttpSender sender() throws IOException {
    if (System.nanoTime() - sentNanos > MOST_IDLE_NANOS) {
      abandon();
    }
    AbstractLineHttpSender open = sender;
    if (open == null) {
      NativeLibraries.loadClient(config.directory().resolve("native").resolve("client"));
      open = connect(URI.create(config.url()));
      sender = open;
    }
    return open;
  }

  /** Naming the protocol version spares the client from asking the server, which may be down. */
  private AbstractLineHttpSender connect(URI url) {
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
    return (AbstractLineHttpSender) (tls ? builder.enableTls() : builder).build();
  }

  private WriteResult failed(String reason) {
    abandon();
    return new WriteResult.Unavailable(
        reason.contains(config.url()) ? reason : "QuestDB at " + config.url() + ": " + reason);
  }

  /** The client reports the status only in the text of its message. */
  private static boolean isRefusal(String reason) {
    return reason.contains("http-status=400")
        || reason.contains("http-status=413")
        || reason.contains("code: invalid");
  }

  /** Discards the rows not acknowledged, because closing would send them. */
  private void abandon() {
    AbstractLineHttpSender open = sender;
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
