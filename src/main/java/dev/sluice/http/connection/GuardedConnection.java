package dev.sluice.http.connection;

import dev.sluice.http.ByteBudget;
import dev.sluice.http.origin.Origins;
import dev.sluice.http.proxy.Proxies;
import dev.sluice.http.proxy.ProxyHeader;
import dev.sluice.http.tls.EncryptedSocket;
import dev.sluice.http.tls.Guard;
import dev.sluice.http.tls.HandshakeException;
import dev.sluice.http.tls.TlsDoor;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.common.socket.SocketWriter;
import io.helidon.http.HeaderValues;
import io.helidon.http.Headers;
import io.helidon.http.Status;
import io.helidon.http.WritableHeaders;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/1 connection that cannot hold a thread or memory forever. It sits between the server's
 * protocol code and the socket, and passes on one request at a time, after checking it:
 *
 * <ul>
 *   <li>A connection from a proxy says first for whom it is ({@link ProxiedSocket}).
 *   <li>A head is collected and checked here ({@link RequestHead}) before the server sees any of
 *       it, and is then passed on in one piece.
 *   <li>A body is passed on as it arrives, one read at a time; a chunked body gets new chunks
 *       ({@link ChunkedBody}). The server keeps none of it.
 *   <li>What a request makes the connection keep while it waits (an unfinished head, the headers of
 *       an unfinished body, further requests after this one, a large answer) is claimed from a
 *       budget; if there is no room, the answer is a 503 and the connection ends. An idle
 *       connection claims nothing: the number of connections is limited instead ({@link
 *       ConnectionAdmission}).
 *   <li>Waiting for the rest of a request, and writing, are timed ({@link StallWatch}). So are a
 *       proxy's first words, the handshake of an encrypted connection, and an unfinished record of
 *       it.
 *   <li>A refusal (4xx) ends the connection if more than a little of the body is still to come. The
 *       rest is read for a short time and discarded, because closing a socket with unread bytes
 *       resets it, and the client might lose the answer.
 * </ul>
 *
 * <p>Runs on the connection's virtual thread; {@link #isOverdue}, {@link #abort} and {@link #close}
 * are called from other threads.
 */
final class GuardedConnection implements ServerConnection, ConnectionContext, Guard {
  /** What the connection is doing, as the watch sees it. */
  private enum Doing {
    NOTHING,
    BEING_INTRODUCED,
    SHAKING_HANDS,
    READING,
    WRITING,
    LINGERING
  }

  private static final byte[] NONE = new byte[0];
  private static final int MOST_EMPTY_LINES = 3;

  /**
   * How much one connection is served before others get a turn: in requests, or 4 KiB of an answer.
   */
  private static final int MOST_IN_A_ROW = 16;

  /**
   * If no more than this is left of a refused body, it is discarded so that the connection can be
   * kept.
   */
  private static final int LITTLE_BYTES = 64 * 1024;

  /** A head up to this size is part of the basic cost of a connection. */
  private static final int SMALL_HEAD_BYTES = 2 * 1024;

  /** An answer up to this size is part of the basic cost of a connection. */
  private static final int SMALL_ANSWER_BYTES = 4 * 1024;

  private static final byte[] NOT_INTRODUCED =
      """
      HTTP/1.1 400 Bad Request\r
      Content-Type: text/plain\r
      Connection: close\r
      Content-Length: 80\r
      \r
      a connection from this address must begin with a PROXY header: see Sluice's log
      """
          .getBytes(StandardCharsets.US_ASCII);

  private static final byte[] NOT_TLS =
      """
      HTTP/1.1 400 Bad Request\r
      Content-Type: text/plain\r
      Connection: close\r
      Content-Length: 47\r
      \r
      this port speaks TLS only: send it to https://
      """
          .getBytes(StandardCharsets.US_ASCII);

  private static final Duration LINGER = Duration.ofSeconds(10);
  private static final Duration LINGER_SILENCE = Duration.ofSeconds(1);
  private static final long LINGER_BYTES = 64L << 20;

  /**
   * After so many bytes that are read to be forgotten it pauses. Nobody waits for them, and to
   * yield is not enough: a sender on a fast network would keep a processor busy.
   */
  private static final int LINGER_STEP_BYTES = 32 * 1024;

  private static final long LINGER_PAUSE_NANOS = 1_000_000;

  private final ConnectionContext ctx;
  private final StallWatch watch;
  private final ByteBudget budget;
  private final Origins origins;
  private final Proxies proxies;
  private final ConnectionAdmission admission;
  private final boolean tooMany;
  private final @Nullable ProxiedSocket proxied;
  private final @Nullable TlsDoor tls;
  private final @Nullable EncryptedSocket encrypted;
  private final RequestHead head = new RequestHead();
  private final ChunkedBody chunks = new ChunkedBody();
  private final DataReader reader = DataReader.create(this::pull);
  private final DataWriter writer;
  private final ServerConnection http;
  private volatile boolean closing;
  private boolean aborted;

  /** The client that is counted as one behind a proxy; null if there is none. */
  private final AtomicBoolean present = new AtomicBoolean(true);

  /** Where requests come from: the wire, or what decrypts it. */
  private HelidonSocket socket;

  /** What has arrived after the request being served. */
  private byte[] rest = NONE;

  private int restFrom;
  private long bodyLeft;
  private boolean bodyInChunks;
  private boolean lastRequest;
  private boolean unasked;
  private boolean hangsUp;
  private int answerStatus;

  private int inARow;
  private boolean waited;
  private int held;
  private long claimed;
  private long claimedForAnswer;
  private long requestNanos;
  private long requestBytes;
  private long answerNanos;
  private long answerBytes;

  /** Written last and read first: publishes the two fields below to the watch's thread. */
  private volatile Doing doing = Doing.NOTHING;

  private long sinceNanos;
  private long moved;

  /**
   * @param admission has let it in; if more are in than may be, this one gets a 503 and is closed
   */
  GuardedConnection(
      ConnectionContext ctx,
      ServerConnectionSelector http1,
      ConnectionRules rules,
      ConnectionAdmission admission) {
    this.ctx = ctx;
    this.watch = rules.watch();
    this.budget = rules.budget();
    this.origins = rules.origins();
    this.proxies = rules.proxies();
    this.tls = rules.tls();
    this.admission = admission;
    this.tooMany = admission.isOverfull();
    this.proxied =
        proxies.believes(address(ctx.remotePeer())) ? new ProxiedSocket(ctx.serverSocket()) : null;
    HelidonSocket wire = proxied == null ? ctx.serverSocket() : proxied;
    this.encrypted = tls == null ? null : tls.encrypt(wire, this);
    this.socket = encrypted == null ? wire : encrypted;
    this.writer =
        new TimedWriter(
            encrypted == null ? ctx.dataWriter() : SocketWriter.create(encrypted), this);
    this.http = http1.connection(this);
  }

  @Override
  public void handle(Limit limit) throws InterruptedException {
    watch.add(this);
    try {
      if (isIntroduced() && isSecured()) {
        http.handle(limit);
      }
      // It returns after answering something that was not a request.
      hangsUp = true;
    } finally {
      try {
        rest = NONE;
        release();
        sayGoodbye();
        if (hangsUp && !closing) {
          linger();
        }
      } finally {
        watch.remove(this);
        present.set(false);
      }
    }
  }

  /** Reads for whom the connection is, if a proxy opened it; returns whether it can be used. */
  private boolean isIntroduced() {
    if (proxied == null) {
      return true;
    }
    sinceNanos = System.nanoTime();
    doing = Doing.BEING_INTRODUCED;
    ProxyHeader header = proxied.readHeader();
    doing = Doing.NOTHING;
    return switch (header) {
      case ProxyHeader.Unfinished(int bytes) -> {
        if (bytes > 0) {
          proxies.refuse(address(ctx.remotePeer()), "its header did not arrive in time, or ended");
        }
        socket = ctx.serverSocket();
        yield false;
      }
      case ProxyHeader.Malformed(String reason) -> {
        proxies.refuse(address(ctx.remotePeer()), reason);
        answerInPlain(NOT_INTRODUCED);
        yield false;
      }
      case ProxyHeader.Own own -> {
        proxies.accept();
        yield true;
      }
      case ProxyHeader.Client behind -> {
        proxies.accept();
        yield hasEntered(behind.client().getAddress());
      }
    };
  }

  private boolean hasEntered(InetAddress client) {
    if (admission.enter(client, present::get)) {
      return true;
    }
    answerInPlain(ConnectionAdmission.NOT_NOW);
    closing = true; // it gets no more time
    return false;
  }

  private void answerInPlain(byte[] answer) {
    socket = ctx.serverSocket();
    if (tls == null) {
      writer.write(BufferData.create(answer));
    }
  }

  private static @Nullable InetAddress address(PeerInfo peer) {
    return peer.address() instanceof InetSocketAddress socket ? socket.getAddress() : null;
  }

  /** Does the handshake, if there is one; returns whether the connection can be used. */
  private boolean isSecured() {
    if (encrypted == null || tls == null) {
      return true;
    }
    sinceNanos = System.nanoTime();
    doing = Doing.SHAKING_HANDS;
    try {
      encrypted.handshake();
      tls.succeeded();
      return true;
    } catch (HandshakeException e) {
      tls.failed(e);
      socket = ctx.serverSocket();
      if (e.reason() == HandshakeException.Reason.NOT_TLS) {
        ctx.dataWriter().write(BufferData.create(NOT_TLS));
      }
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CloseConnectionException("Stopped before the handshake", e);
    } finally {
      doing = Doing.NOTHING;
    }
  }

  @Override
  public void takeTurn() throws InterruptedException {
    if (tls != null) {
      long begin = System.nanoTime();
      doing = Doing.NOTHING; // it is not the client who keeps it waiting
      tls.takeTurn();
      sinceNanos += System.nanoTime() - begin;
      doing = Doing.SHAKING_HANDS;
    }
  }

  @Override
  public void giveTurn() {
    if (tls != null) {
      tls.giveTurn();
    }
  }

  /** An unfinished record counts as an unfinished request, even if nothing of one is known yet. */
  @Override
  public void beforeRead(int kept) {
    if (kept > 0 && doing == Doing.NOTHING) {
      sinceNanos = System.nanoTime();
      moved = 0;
      doing = Doing.READING;
    }
    if (kept > SMALL_HEAD_BYTES && doing == Doing.READING) {
      claim(held + kept);
    }
  }

  @Override
  public void afterRead(int bytes) {
    if (doing == Doing.READING) {
      moved += bytes;
      doing = Doing.READING;
    }
  }

  /** Ends the encrypted stream properly, so that the client knows that it has everything. */
  private void sayGoodbye() {
    if (encrypted == null || socket != encrypted) {
      return;
    }
    sinceNanos = System.nanoTime();
    moved = 0;
    doing = Doing.WRITING;
    try {
      encrypted.sendNoMore();
    } catch (UncheckedIOException e) {
      // The other side has gone.
    } finally {
      doing = Doing.NOTHING;
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

  /**
   * Whether the connection has waited for too long, or too little has moved in the meantime.
   *
   * @param graceNanos how long nothing needs to move
   * @param minRate minimum number of bytes per second after that
   */
  boolean isOverdue(long nowNanos, long timeoutNanos, long graceNanos, long minRate) {
    Doing what = doing;
    long since = sinceNanos;
    long elapsed = nowNanos - since;
    long bytes = moved;
    if (doing != what || sinceNanos != since) {
      return false; // It does something else now; the values may belong to that.
    }
    return switch (what) {
      case NOTHING -> false;
      case BEING_INTRODUCED -> elapsed > proxies.patience().toNanos();
      case SHAKING_HANDS -> tls != null && elapsed > tls.handshakeTimeout().toNanos();
      case READING -> elapsed > timeoutNanos || isSlow(elapsed - graceNanos, bytes, minRate);
      case WRITING ->
          elapsed > timeoutNanos * (1 + (bytes >> 20))
              || isSlow(elapsed - graceNanos, bytes, minRate);
      case LINGERING -> elapsed > LINGER_SILENCE.toNanos();
    };
  }

  private static boolean isSlow(long nanos, long bytes, long minRate) {
    return nanos > 0 && bytes < nanos / 1e9 * minRate;
  }

  /**
   * Closes the socket while the connection's thread uses it; that thread then sees the end of the
   * stream. Called only by the watch's thread.
   *
   * @return false if this was done before
   */
  boolean abort() {
    if (aborted) {
      return false;
    }
    aborted = true;
    try {
      ctx.serverSocket().close();
    } catch (UncheckedIOException e) {
      // The other side was faster to close it.
    }
    return true;
  }

  /** Called when an answer's status is known; its headers come next. */
  void answerStatus(Status status) {
    answerStatus = status.code();
  }

  /** Called when an answer's headers are about to be written. */
  void answerHeaders(Headers headers) {
    answerNanos = 0;
    answerBytes = 0;
    boolean unread = bodyLeft > 0 || bodyInChunks || unasked;
    boolean much = bodyInChunks || bodyLeft > LITTLE_BYTES;
    // The server treats a body that it has not asked for as one that does not come.
    if (unasked || (much && isRefusal())) {
      ((WritableHeaders<?>) headers).set(HeaderValues.CONNECTION_CLOSE);
    }
    hangsUp = (!lastRequest || unread) && headers.containsToken(HeaderValues.CONNECTION_CLOSE);
    if (lastRequest || hangsUp) {
      // The unread rest of a body must not be taken for another request.
      reader.skip(reader.available());
    }
  }

  /**
   * Whether the answer refuses the request. A 503 does not: the same request should come again, so
   * the connection is kept.
   */
  private boolean isRefusal() {
    return answerStatus >= 400 && answerStatus != Status.SERVICE_UNAVAILABLE_503.code();
  }

  /** The next bytes of the connection for the protocol code; null at its end. */
  private byte @Nullable [] pull() {
    if (hangsUp) {
      return null;
    }
    if (bodyLeft > 0) {
      return nextOfBody();
    }
    if (bodyInChunks) {
      return nextChunk();
    }
    return lastRequest ? null : nextHead();
  }

  private byte[] nextOfBody() {
    byte[] bytes = receiveInTime();
    int count = (int) Math.min(bodyLeft, bytes.length);
    bodyLeft -= count;
    if (count == bytes.length) {
      return bytes;
    }
    keep(bytes, count);
    return Arrays.copyOf(bytes, count);
  }

  private byte[] nextChunk() {
    byte[] framed = NONE;
    while (framed.length == 0) {
      byte[] bytes = receiveInTime();
      framed = chunks.read(NONE, bytes, 0, bytes.length);
      afterChunks(bytes, chunks.consumed());
    }
    return framed;
  }

  private void afterChunks(byte[] bytes, int end) {
    bodyInChunks = !chunks.isComplete();
    if (!bodyInChunks && end < bytes.length) {
      keep(bytes, end);
    }
  }

  /**
   * Yields now and then. A client that sends without waiting for answers never makes this thread
   * wait, and hundreds of them would keep all others off the processors.
   *
   * @param bytes written since the last call
   */
  @SuppressWarnings("ThreadPriorityCheck") // waits for no lock: shares the carrier thread
  private void letOthersRun(long bytes) {
    inARow += 1 + (int) (bytes >> 12);
    if (inARow >= MOST_IN_A_ROW) {
      inARow = 0;
      Thread.yield();
    }
  }

  private byte @Nullable [] nextHead() {
    letOthersRun(answerBytes);
    byte[] bytes = rest;
    int from = restFrom;
    rest = NONE;
    restFrom = 0;
    release();
    waited = false;
    head.reset();
    int emptyLines = 0;
    int to = bytes.length;
    while (true) {
      while (from < to && isEmptyLine(bytes, from, to)) {
        if (++emptyLines > MOST_EMPTY_LINES) {
          throw Refusal.badRequest("there are empty lines instead of a request");
        }
        from += bytes[from] == '\n' ? 1 : 2;
      }
      if (from == to) {
        // No request is unfinished, no matter how the line ends arrived that were just discarded.
        release();
        held = 0;
        waited = false;
        head.reset();
        byte[] first = receive(Doing.NOTHING);
        if (first == null) {
          return null;
        }
        bytes = first;
        from = 0;
        to = bytes.length;
        continue;
      }
      int end = head.end(bytes, from, to);
      if (end >= 0) {
        return request(bytes, from, end, to);
      }
      held = bytes.length;
      byte[] more = receiveInTime();
      int have = to - from;
      if (from > 0 || to + more.length > bytes.length) {
        int size = Math.max(have + more.length, Math.min(2 * have, RequestHead.MOST_BYTES));
        claim(size);
        byte[] grown = new byte[size];
        System.arraycopy(bytes, from, grown, 0, have);
        bytes = grown;
        from = 0;
      }
      System.arraycopy(more, 0, bytes, have, more.length);
      to = have + more.length;
    }
  }

  /**
   * Whether an empty line starts here: senders that miscount send line ends after a body (RFC 9112,
   * section 2.2).
   */
  private static boolean isEmptyLine(byte[] bytes, int at, int to) {
    return bytes[at] == '\n' || (bytes[at] == '\r' && at + 1 < to && bytes[at + 1] == '\n');
  }

  /** Passes on one head and what has arrived of its body; keeps what comes after it. */
  private byte[] request(byte[] bytes, int from, int end, int to) {
    head.parse(bytes, from, end);
    if (tooMany) {
      throw Refusal.notNow("too many connections are open (http.max-connections): try again later");
    }
    head.requireWelcome(origins, bytes);
    lastRequest = head.isLast();
    unasked = head.expectsToBeAsked();
    answerStatus = 0;
    held = 2 * (end - from) + head.objectBytes();
    if (end - from > SMALL_HEAD_BYTES) {
      // It is kept while its handler waits, and each query parameter becomes an object or two.
      claim(16L * (end - from));
    }
    if (head.isChunked()) {
      chunks.begin();
      byte[] framed = chunks.read(headBytes(bytes, from, end), bytes, end, to);
      if (chunks.isComplete() && end + chunks.consumed() < to) {
        keep(bytes.length == to ? bytes : Arrays.copyOf(bytes, to), end + chunks.consumed());
      }
      bodyInChunks = !chunks.isComplete();
      return framed;
    }
    long length = Math.max(0, head.contentLength());
    int here = (int) Math.min(length, to - end);
    bodyLeft = length - here;
    int stop = end + here;
    if (stop < to) {
      keep(bytes.length == to ? bytes : Arrays.copyOf(bytes, to), stop);
    }
    if (!head.needsRewriting()) {
      return from == 0 && stop == bytes.length ? bytes : Arrays.copyOfRange(bytes, from, stop);
    }
    byte[] rewritten = head.rewritten(bytes, from, end);
    byte[] both = Arrays.copyOf(rewritten, rewritten.length + here);
    System.arraycopy(bytes, end, both, rewritten.length, here);
    return both;
  }

  private byte[] headBytes(byte[] bytes, int from, int end) {
    return head.needsRewriting()
        ? head.rewritten(bytes, from, end)
        : Arrays.copyOfRange(bytes, from, end);
  }

  private void keep(byte[] bytes, int from) {
    claim(claimed + bytes.length);
    rest = bytes;
    restFrom = from;
  }

  /** Makes sure that this many bytes are claimed for the request. */
  private void claim(long bytes) {
    if (bytes <= claimed) {
      return;
    }
    if (!budget.tryTake(bytes - claimed, claimed)) {
      throw Refusal.notNow("too many requests are in progress; nothing was stored, try again");
    }
    claimed = bytes;
  }

  private void release() {
    budget.give(claimed);
    claimed = 0;
  }

  /** Receives more of a request that has begun, and must therefore keep coming. */
  private byte[] receiveInTime() {
    if (!waited) {
      waited = true;
      requestNanos = System.nanoTime();
      requestBytes = 0;
    }
    claim(held);
    sinceNanos = requestNanos;
    moved = requestBytes;
    byte[] bytes = receive(Doing.READING);
    if (bytes == null) {
      throw new CloseConnectionException("The connection ended in the middle of a request");
    }
    requestBytes += bytes.length;
    return bytes;
  }

  private byte @Nullable [] receive(Doing what) {
    doing = what;
    try {
      return receive();
    } finally {
      doing = Doing.NOTHING;
    }
  }

  private byte @Nullable [] receive() {
    try {
      return socket.get();
    } catch (UncheckedIOException e) {
      throw new CloseConnectionException("Failed to read from the socket", e);
    }
  }

  /** Claims the memory for a large answer; if there is no room, the connection ends without it. */
  void beginWrite(int bytes) {
    if (answerStatus == 0) {
      unasked = false; // this is 100 Continue
    }
    if (bytes > SMALL_ANSWER_BYTES) {
      if (!budget.tryTake(bytes, 0)) {
        throw new CloseConnectionException("Out of memory for an answer of " + bytes + " bytes");
      }
      claimedForAnswer = bytes;
    }
    sinceNanos = System.nanoTime() - answerNanos;
    moved = answerBytes;
    doing = Doing.WRITING;
  }

  /** Records that the socket has taken this many bytes. */
  void wrote(int bytes) {
    answerBytes += bytes;
    moved = answerBytes;
    doing = Doing.WRITING;
  }

  void endWrite() {
    doing = Doing.NOTHING;
    if (claimedForAnswer > 0) {
      budget.give(claimedForAnswer);
      claimedForAnswer = 0;
    }
    if (answerBytes > SMALL_ANSWER_BYTES) {
      // More may follow in small pieces; all of them share one clock.
      answerNanos = System.nanoTime() - sinceNanos;
    }
  }

  private void linger() {
    long begin = System.nanoTime();
    long bytes = 0;
    long pausedAt = 0;
    try {
      while (bytes < LINGER_BYTES && System.nanoTime() - begin < LINGER.toNanos()) {
        sinceNanos = System.nanoTime();
        byte[] forgotten = receive(Doing.LINGERING);
        if (forgotten == null) {
          return;
        }
        bytes += forgotten.length;
        if (bytes - pausedAt >= LINGER_STEP_BYTES) {
          pausedAt = bytes;
          LockSupport.parkNanos(this, LINGER_PAUSE_NANOS);
        }
      }
    } catch (CloseConnectionException e) {
      // The other side is gone: there is nobody left to read the answer.
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
    return socket;
  }

  @Override
  public PeerInfo remotePeer() {
    if (encrypted != null) {
      return encrypted.remotePeer();
    }
    return proxied == null ? ctx.remotePeer() : proxied.remotePeer();
  }

  @Override
  public PeerInfo localPeer() {
    return ctx.localPeer();
  }

  @Override
  public boolean isSecure() {
    return encrypted != null || ctx.isSecure();
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
