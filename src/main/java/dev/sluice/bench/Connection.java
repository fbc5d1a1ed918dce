package dev.sluice.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * One keep-alive connection, opened when first needed and again after it was lost. Confined to its
 * sender's thread, except for {@link #closeIfOverdue}. A request is never sent twice.
 *
 * <p>Uses plain sockets on purpose: a client library's own work would be a good part of what is
 * measured.
 */
final class Connection implements AutoCloseable {
  private static final int MOST_CONNECT_MS = 10_000;
  private static final long IDLE = Long.MIN_VALUE;

  private final InetSocketAddress address;
  private final long timeoutNanos;
  private final Optional<SSLContext> tls;
  private final AnswerReader answers = new AnswerReader();

  /**
   * The open socket, if any; the watch closes it when its response is overdue. Below TLS: closing
   * that would wait for a write.
   */
  private volatile @Nullable Socket socket;

  private volatile long sentAtNanos = IDLE;
  private volatile boolean overdue;
  private @Nullable InputStream in;
  private @Nullable OutputStream out;

  Connection(InetSocketAddress address, Duration timeout, Optional<SSLContext> tls) {
    this.address = address;
    this.timeoutNanos = timeout.toNanos();
    this.tls = tls;
  }

  /** Opens the connection unless it is open. */
  void open() throws IOException {
    if (socket != null) {
      return;
    }
    if (address.isUnresolved()) {
      throw new UnknownHostException(address.getHostString());
    }
    Socket opening = new Socket();
    try {
      opening.setOption(StandardSocketOptions.TCP_NODELAY, true);
      opening.connect(address, connectTimeoutMs());
      Socket speaking = tls.isPresent() ? encrypted(opening, tls.get()) : opening;
      in = speaking.getInputStream();
      out = speaking.getOutputStream();
    } catch (IOException e) {
      opening.close();
      throw e;
    }
    answers.reset();
    overdue = false;
    socket = opening;
  }

  /** Does the handshake, for which the server has as long as for accepting the connection. */
  private SSLSocket encrypted(Socket opening, SSLContext context) throws IOException {
    SSLSocket socket =
        (SSLSocket)
            context
                .getSocketFactory()
                .createSocket(opening, address.getHostString(), address.getPort(), false);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    socket.setSSLParameters(parameters);
    opening.setSoTimeout(connectTimeoutMs());
    socket.startHandshake();
    opening.setSoTimeout(0);
    return socket;
  }

  /**
   * Sends a request and reads its response.
   *
   * @return the status
   */
  int exchange(byte[] request) throws LostException {
    try {
      open();
    } catch (IOException e) {
      throw new LostException(LostException.Reason.CONNECT, e);
    }
    try {
      int status = sendAndRead(request);
      if (!answers.keepAlive()) {
        close();
      }
      return status;
    } catch (ProtocolException e) {
      throw lost(LostException.Reason.PROTOCOL, e);
    } catch (IOException e) {
      throw lost(overdue ? LostException.Reason.TIMEOUT : LostException.Reason.CLOSED, e);
    }
  }

  private int sendAndRead(byte[] request) throws IOException {
    InputStream answer = in;
    OutputStream sink = out;
    if (answer == null || sink == null) {
      throw new AssertionError("an open connection without streams");
    }
    sentAtNanos = System.nanoTime();
    try {
      sink.write(request);
      return answers.read(answer);
    } finally {
      sentAtNanos = IDLE;
    }
  }

  private int connectTimeoutMs() {
    return (int) Math.max(1, Math.min(MOST_CONNECT_MS, timeoutNanos / 1_000_000));
  }

  private LostException lost(LostException.Reason reason, IOException cause) {
    close();
    return new LostException(reason, cause);
  }

  /** Ends an exchange that takes too long; called by the watch, on its own thread. */
  void closeIfOverdue(long nowNanos) {
    long sent = sentAtNanos;
    Socket waiting = socket;
    if (sent != IDLE && nowNanos - sent > timeoutNanos && waiting != null) {
      overdue = true;
      closeQuietly(waiting);
    }
  }

  /** Closes the connection if it is open; the next request opens it again. */
  @Override
  public void close() {
    Socket open = socket;
    if (open != null) {
      socket = null;
      closeQuietly(open);
    }
  }

  /** A failure to close does not matter: the descriptor is gone either way. */
  private static void closeQuietly(Socket open) {
    try {
      open.close();
    } catch (IOException e) {
      // See above.
    }
  }
}
