package dev.sluice.http;

import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.common.task.InterruptableTask;
import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderValues;
import io.helidon.http.Headers;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import io.helidon.webserver.http.DirectTransportRequest;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/1 connection that cannot hold a thread, or memory, for ever. It stands between the
 * server's protocol code and the socket, and sees every read: a read within a request has a
 * deadline, set when the request first has to wait; a read between requests has none (the idle
 * timeout is the listener's). A large answer has a deadline too. What the protocol code has
 * buffered of a chunk is claimed from the byte budget. And the connection ends after {@code
 * Connection: close}, whoever said it, which the protocol code leaves to the client.
 *
 * <p>Runs on the connection's virtual thread; {@link #isOverdue}, {@link #abort} and {@link #close}
 * come from others.
 */
final class GuardedConnection implements ServerConnection, ConnectionContext {
  private static final int COUNT_EVERY_BYTES = 64 * 1024;
  private static final Duration LINGER = Duration.ofMillis(500);
  private static final long LINGER_BYTES = 64L << 20;

  private final ConnectionContext ctx;
  private final StallWatch watch;
  private final ByteBudget budget;
  private final DataReader reader = DataReader.create(this::pull);
  private final DataWriter writer;
  private final ServerConnection http;
  private volatile boolean closing;

  private boolean aborted;
  private boolean started;
  private boolean lastRequest;
  private boolean hangsUp;
  private boolean waited;
  private volatile long deadlineNanos;
  private int uncounted;
  private long claimed;

  GuardedConnection(
      ConnectionContext ctx, ServerConnectionSelector http1, StallWatch watch, ByteBudget budget) {
    this.ctx = ctx;
    this.watch = watch;
    this.budget = budget;
    this.writer = new TimedWriter(ctx.dataWriter(), this);
    this.http = http1.connection(this);
  }

  @Override
  public void handle(Limit limit) throws InterruptedException {
    try {
      http.handle(limit);
      // It returns after an answer to what was no request.
      hangsUp = true;
    } finally {
      if (hangsUp && !closing) {
        linger();
      }
      budget.give(claimed);
    }
  }

  @Override
  public Duration idleTime() {
    return http.idleTime();
  }

  @Override
  public void close(boolean interrupt) {
    closing = true;
    http.close(interrupt);
  }

  boolean isOverdue(long nowNanos) {
    return nowNanos - deadlineNanos >= 0;
  }

  /**
   * Ends the connection under the reading thread, which then sees the end of the stream. Called by
   * the watch's thread only.
   *
   * @return false when that was done before
   */
  boolean abort() {
    if (aborted) {
      return false;
    }
    aborted = true;
    try {
      ctx.serverSocket().close();
    } catch (UncheckedIOException e) {
      // The other side was faster.
    }
    return true;
  }

  /** A request line has been read. */
  void requestStarts() {
    if (lastRequest || hangsUp) {
      throw new CloseConnectionException("The request before was the last one");
    }
    newRequest();
  }

  /** A request's headers have been read. */
  void requestHeaders(Headers headers) {
    lastRequest = headers.containsToken(HeaderValues.CONNECTION_CLOSE);
  }

  /** An answer's headers are about to be written. */
  void answerHeaders(Headers headers) {
    hangsUp = !lastRequest && headers.containsToken(HeaderValues.CONNECTION_CLOSE);
    if (lastRequest || hangsUp) {
      // The rest of a body that nobody wanted is not to be taken for another request.
      reader.skip(reader.available());
    }
  }

  /** The next bytes of the connection for the protocol code; null at its end. */
  private byte @Nullable [] pull() {
    if (((InterruptableTask<?>) http).canInterrupt()) {
      if (lastRequest || hangsUp) {
        return null;
      }
      newRequest();
      return started ? receive() : first();
    }
    byte[] bytes = receiveInTime();
    if (bytes == null) {
      throw new CloseConnectionException("The connection ended in the middle of a request");
    }
    count(bytes.length);
    return bytes;
  }

  private void newRequest() {
    waited = false;
    uncounted = 0;
    budget.give(claimed);
    claimed = 0;
  }

  private byte @Nullable [] first() {
    started = true;
    byte[] head = receive();
    while (head != null && !Http10.isDecided(head)) {
      byte[] more = receiveInTime();
      if (more == null) {
        return head;
      }
      head = Http10.concat(head, more);
    }
    return head == null ? null : Http10.asHttp11(head);
  }

  private byte @Nullable [] receiveInTime() {
    if (!waited) {
      waited = true;
      deadlineNanos = System.nanoTime() + watch.timeout().toNanos();
    }
    watch.add(this);
    try {
      return receive();
    } finally {
      watch.remove(this);
    }
  }

  /** Lets a write take the watch's time once, and once more for every MiB. */
  void writeInTime(long bytes, Runnable write) {
    deadlineNanos = System.nanoTime() + watch.timeout().toNanos() * (1 + (bytes >> 20));
    watch.add(this);
    try {
      write.run();
    } finally {
      watch.remove(this);
    }
  }

  private byte @Nullable [] receive() {
    try {
      return ctx.serverSocket().get();
    } catch (UncheckedIOException e) {
      throw new CloseConnectionException("Failed to read from the socket", e);
    }
  }

  /** A chunk is buffered whole before its first byte is handed on, however large it is. */
  private void count(int received) {
    uncounted += received;
    if (uncounted < COUNT_EVERY_BYTES) {
      return;
    }
    uncounted = 0;
    long buffered = reader.available();
    if (buffered < claimed) {
      budget.give(claimed - buffered);
    } else if (!budget.tryTake(buffered - claimed)) {
      throw notNow();
    }
    claimed = buffered;
  }

  private static RequestException notNow() {
    return RequestException.builder()
        .type(DirectHandler.EventType.OTHER)
        .status(Status.SERVICE_UNAVAILABLE_503)
        .request(DirectTransportRequest.create("HTTP/1.1", "", ""))
        .message("no memory for this body now")
        .setKeepAlive(false)
        .build();
  }

  /**
   * Reads what is still coming after a refusal. Closing a socket with unread bytes resets it, and
   * the client might lose the answer.
   */
  private void linger() {
    waited = true;
    deadlineNanos = System.nanoTime() + LINGER.toNanos();
    try {
      long left = LINGER_BYTES;
      while (left > 0) {
        byte[] bytes = receiveInTime();
        if (bytes == null) {
          return;
        }
        left -= bytes.length;
      }
    } catch (CloseConnectionException e) {
      // The other side is gone: nobody is left to read the answer.
    }
  }

  @Override
  public DataReader dataReader() {
    return reader;
  }

  @Override
  public ListenerContext listenerContext() {
    return ctx.listenerContext();
  }

  @Override
  public ExecutorService executor() {
    return ctx.executor();
  }

  @Override
  public DataWriter dataWriter() {
    return writer;
  }

  @Override
  public Router router() {
    return ctx.router();
  }

  @Override
  public Optional<ProxyProtocolData> proxyProtocolData() {
    return ctx.proxyProtocolData();
  }

  @Override
  public HelidonSocket serverSocket() {
    return ctx.serverSocket();
  }

  @Override
  public PeerInfo remotePeer() {
    return ctx.remotePeer();
  }

  @Override
  public PeerInfo localPeer() {
    return ctx.localPeer();
  }

  @Override
  public boolean isSecure() {
    return ctx.isSecure();
  }

  @Override
  public String socketId() {
    return ctx.socketId();
  }

  @Override
  public String childSocketId() {
    return ctx.childSocketId();
  }
}
