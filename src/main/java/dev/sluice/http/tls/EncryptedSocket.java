package dev.sluice.http.tls;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import java.io.ByteArrayOutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of TLS over one connection. Holds no buffer while nothing is unfinished, and
 * none of {@link RecordBuffers} while it waits for the client. The caller closes the wire to end a
 * call that waits, from any thread; everything else is confined to the connection's thread, which
 * also does the computing of the handshake, in turns ({@link Guard}).
 *
 * <p>Once the handshake is over, only data, alerts and what TLS 1.3 sends as data are accepted: in
 * particular no second handshake, which would let a client make the server compute for nothing.
 *
 * <p>The end of the stream without a {@code close_notify} is taken like one with it: HTTP says
 * itself where a request ends.
 */
public final class EncryptedSocket implements HelidonSocket {
  private static final int ALERT = 21;
  private static final int HANDSHAKE = 22;
  private static final int DATA = 23;

  private static final int HEADER_BYTES = 5;
  private static final int MOST_PLAIN_BYTES = 16 << 10;

  /** RFC 5246, section 6.2.3; TLS 1.3 allows less. */
  private static final int MOST_RECORD_BYTES = HEADER_BYTES + MOST_PLAIN_BYTES + 2048;

  /** One read of the wire. */
  private static final int READ_BYTES = 8 << 10;

  /** Records in a row that carry no data, such as updates of keys. */
  private static final int MOST_EMPTY_RECORDS = 32;

  /** Of those: the engine keeps a handshake message that does not end, up to 32 KiB of it. */
  private static final int MOST_EMPTY_BYTES = 4 << 10;

  private static final byte[] NONE = new byte[0];

  private final RecordBuffers buffers = RecordBuffers.SHARED;
  private final HelidonSocket wire;
  private final SSLEngine engine;
  private final Guard guard;
  private final TlsPeer remotePeer;
  private boolean established;

  /** What has arrived and is not decrypted. */
  private byte[] in = NONE;

  private int from;
  private int to;

  /**
   * @param engine a server's, not used before
   */
  EncryptedSocket(HelidonSocket wire, SSLEngine engine, Guard guard) {
    this.wire = wire;
    this.engine = engine;
    this.guard = guard;
    this.remotePeer = new TlsPeer(wire.remotePeer(), engine);
  }

  /**
   * Does the handshake, and tells the client if it fails.
   *
   * @throws HandshakeException if it fails, after which this must not be used
   * @throws InterruptedException if the thread is interrupted while it waits for its turn
   */
  public void handshake() throws HandshakeException, InterruptedException {
    try {
      while (from == to) {
        requireArrival();
      }
      if (in[from] != HANDSHAKE) {
        throw new HandshakeException(HandshakeException.Reason.NOT_TLS, "what arrived is not TLS");
      }
      computeInTurns();
      established = true;
      remotePeer.identify();
    } catch (UncheckedIOException e) {
      throw new HandshakeException(HandshakeException.Reason.GONE, "the client has gone", e);
    } catch (SSLException e) {
      sayWhy();
      throw new HandshakeException(
          HandshakeException.Reason.REFUSED, String.valueOf(e.getMessage()), e);
    }
  }

  private void computeInTurns() throws SSLException, HandshakeException, InterruptedException {
    ByteArrayOutputStream flight = new ByteArrayOutputStream();
    engine.beginHandshake();
    HandshakeStatus status = engine.getHandshakeStatus();
    boolean over = false;
    while (!over) {
      while (status == HandshakeStatus.NEED_UNWRAP && wholeRecord() == 0) {
        requireArrival();
      }
      guard.takeTurn();
      try {
        while (needsOnlyTheProcessor(status)) {
          status = step(status, flight);
        }
      } finally {
        guard.giveTurn();
      }
      send(flight);
      over = status == HandshakeStatus.FINISHED || status == HandshakeStatus.NOT_HANDSHAKING;
    }
  }

  private boolean needsOnlyTheProcessor(HandshakeStatus status) throws SSLException {
    return switch (status) {
      case NEED_TASK, NEED_WRAP -> true;
      case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> wholeRecord() > 0;
      case FINISHED, NOT_HANDSHAKING -> false;
    };
  }

  private HandshakeStatus step(HandshakeStatus status, ByteArrayOutputStream flight)
      throws SSLException {
    if (status == HandshakeStatus.NEED_TASK) {
      runTasks();
      return engine.getHandshakeStatus();
    }
    SSLEngineResult result;
    if (status == HandshakeStatus.NEED_WRAP) {
      result = wrapInto(flight);
    } else {
      ByteBuffer record = ByteBuffer.wrap(in, from, wholeRecord());
      result = engine.unwrap(record, ByteBuffer.wrap(NONE));
      consumed(result.bytesConsumed());
    }
    requireOk(result);
    return result.getHandshakeStatus();
  }

  private static void requireOk(SSLEngineResult result) throws SSLException {
    if (result.getStatus() != SSLEngineResult.Status.OK) {
      throw new SSLException("the session is over: " + result.getStatus());
    }
  }

  private SSLEngineResult wrapInto(ByteArrayOutputStream flight) throws SSLException {
    byte[] record = buffers.take(engine.getSession().getPacketBufferSize());
    try {
      SSLEngineResult result = engine.wrap(ByteBuffer.wrap(NONE), ByteBuffer.wrap(record));
      flight.write(record, 0, result.bytesProduced());
      return result;
    } finally {
      buffers.give(record);
    }
  }

  private void runTasks() {
    for (Runnable task = engine.getDelegatedTask();
        task != null;
        task = engine.getDelegatedTask()) {
      task.run();
    }
  }

  private void send(ByteArrayOutputStream flight) {
    if (flight.size() > 0) {
      wire.write(BufferData.create(flight.toByteArray()));
      flight.reset();
    }
  }

  /** Sends the alert that a failed handshake has left. */
  private void sayWhy() {
    ByteArrayOutputStream alert = new ByteArrayOutputStream();
    try {
      while (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP
          && wrapInto(alert).bytesProduced() > 0) {
        // Until all is said.
      }
      send(alert);
    } catch (SSLException | UncheckedIOException e) {
      // Nobody listens any more; the handshake has failed in any case.
    }
  }

  private void requireArrival() throws HandshakeException {
    if (!receive()) {
      throw new HandshakeException(HandshakeException.Reason.GONE, "the client has gone");
    }
  }

  /**
   * The next decrypted bytes; waits for them. Null at the end.
   *
   * @throws UncheckedIOException if the wire fails, or what arrives is not what TLS allows
   */
  @Override
  public byte @Nullable [] get() {
    try {
      int empty = 0;
      int emptyBytes = 0;
      while (!engine.isInboundDone()) {
        int record = wholeRecord();
        if (record > 0) {
          byte[] plain = decrypt(record);
          if (plain.length > 0) {
            return plain;
          }
          emptyBytes += record;
          if (++empty > MOST_EMPTY_RECORDS || emptyBytes > MOST_EMPTY_BYTES) {
            throw new SSLException(
                "%d records in a row, of %d bytes, carry no data; allowed are %d, of %d"
                    .formatted(empty, emptyBytes, MOST_EMPTY_RECORDS, MOST_EMPTY_BYTES));
          }
        } else if (!receive()) {
          return null;
        }
      }
      return null;
    } catch (SSLException e) {
      throw new UncheckedIOException(e);
    }
  }

  private byte[] decrypt(int record) throws SSLException {
    byte[] buffer = buffers.take(record);
    byte[] plain;
    try {
      SSLEngineResult result =
          engine.unwrap(ByteBuffer.wrap(in, from, record), ByteBuffer.wrap(buffer));
      consumed(result.bytesConsumed());
      plain = Arrays.copyOf(buffer, result.bytesProduced());
    } finally {
      buffers.give(buffer);
    }
    runTasks();
    if (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
      encrypt(ByteBuffer.wrap(NONE)); // the answer to a new key
    }
    return plain;
  }

  /**
   * The length of the next record if all of it is here, else 0.
   *
   * @throws SSLException if it is of a kind or size that is not allowed
   */
  private int wholeRecord() throws SSLException {
    if (to - from < HEADER_BYTES) {
      return 0;
    }
    int kind = in[from];
    if (established && kind != DATA && kind != ALERT) {
      throw new SSLException("a record of kind " + kind + " after the handshake");
    }
    int bytes = recordBytes();
    if (bytes > MOST_RECORD_BYTES) {
      throw new SSLException("a record of " + bytes + " bytes");
    }
    return to - from < bytes ? 0 : bytes;
  }

  private int recordBytes() {
    return HEADER_BYTES + ((in[from + 3] & 0xff) << 8 | (in[from + 4] & 0xff));
  }

  private void consumed(int bytes) {
    from += bytes;
    if (from == to) {
      in = NONE;
      from = 0;
      to = 0;
    }
  }

  /** Waits for bytes; returns false at the end of the stream. */
  private boolean receive() {
    guard.beforeRead(to - from);
    byte[] more = wire.get();
    if (more == null) {
      return false;
    }
    guard.afterRead(more.length);
    if (from == to) {
      in = more;
      from = 0;
      to = more.length;
      return true;
    }
    makeRoom(more.length);
    System.arraycopy(more, 0, in, to, more.length);
    to += more.length;
    return true;
  }

  /** For all of the record that has begun, so that the buffer grows once. */
  private void makeRoom(int bytes) {
    int have = to - from;
    if (in.length - to >= bytes) {
      return;
    }
    int record = have < HEADER_BYTES ? 0 : Math.min(recordBytes(), MOST_RECORD_BYTES);
    int size = Math.max(have + bytes, record + READ_BYTES);
    byte[] room = in.length >= size ? in : new byte[size];
    System.arraycopy(in, from, room, 0, have);
    in = room;
    from = 0;
    to = have;
  }

  /**
   * Encrypts and sends; waits until the wire has taken all of it.
   *
   * @throws UncheckedIOException if the wire fails, or the client has ended the session
   */
  @Override
  public void write(BufferData data) {
    try {
      byte[] plain = new byte[Math.min(data.available(), MOST_PLAIN_BYTES)];
      while (data.available() > 0) {
        int count = data.read(plain, 0, plain.length);
        encrypt(ByteBuffer.wrap(plain, 0, count));
      }
    } catch (SSLException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void encrypt(ByteBuffer plain) throws SSLException {
    do {
      byte[] buffer = buffers.take(engine.getSession().getPacketBufferSize());
      byte[] record;
      SSLEngineResult result;
      try {
        result = engine.wrap(plain, ByteBuffer.wrap(buffer));
        record = Arrays.copyOf(buffer, result.bytesProduced());
      } finally {
        buffers.give(buffer);
      }
      if (record.length > 0) {
        wire.write(BufferData.create(record));
      }
      requireOk(result);
    } while (plain.hasRemaining() || engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP);
  }

  /**
   * Tells the client that no more will come; what it still sends can be read.
   *
   * @throws UncheckedIOException if the wire fails
   */
  public void sendNoMore() {
    engine.closeOutbound();
    try {
      ByteArrayOutputStream goodbye = new ByteArrayOutputStream();
      while (!engine.isOutboundDone() && wrapInto(goodbye).bytesProduced() > 0) {
        // The last record.
      }
      send(goodbye);
    } catch (SSLException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Closes the wire, without a word to the client: a client that does not read could hold it up.
   */
  @Override
  public void close() {
    wire.close();
  }

  @Override
  public PeerInfo remotePeer() {
    return remotePeer;
  }

  @Override
  public PeerInfo localPeer() {
    return wire.localPeer();
  }

  @Override
  public boolean isSecure() {
    return true;
  }

  @Override
  public String socketId() {
    return wire.socketId();
  }

  @Override
  public String childSocketId() {
    return wire.childSocketId();
  }

  @Override
  public void idle() {
    wire.idle();
  }

  @Override
  public boolean isConnected() {
    return wire.isConnected();
  }

  @Override
  @Deprecated
  @SuppressWarnings("removal") // part of the interface, and never called
  public int read(BufferData buffer) {
    throw new UnsupportedOperationException("read with get()");
  }
}
