package dev.sluice.http.connection;

import dev.sluice.http.proxy.ProxyHeader;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.security.Principal;
import java.security.cert.Certificate;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A connection that a proxy passes on, from behind the PROXY header with which it begins: bytes and
 * the peer's address are those of the client. Confined to the connection's thread.
 */
final class ProxiedSocket implements HelidonSocket, PeerInfo {
  private static final byte[] NONE = new byte[0];

  private final HelidonSocket wire;
  private @Nullable InetSocketAddress client;

  /** What came with the header, and belongs to the client. */
  private byte[] rest = NONE;

  ProxiedSocket(HelidonSocket wire) {
    this.wire = wire;
  }

  /**
   * Reads the header; waits for it.
   *
   * @return the header, malformed or not; unfinished if the connection ended or failed before it
   */
  ProxyHeader readHeader() {
    byte[] bytes = NONE;
    while (true) {
      byte[] more = receive();
      if (more.length == 0) {
        return new ProxyHeader.Unfinished(bytes.length);
      }
      int have = bytes.length;
      bytes = Arrays.copyOf(bytes, have + more.length);
      System.arraycopy(more, 0, bytes, have, more.length);
      ProxyHeader header = ProxyHeader.of(bytes, bytes.length);
      switch (header) {
        case ProxyHeader.Unfinished unfinished -> {}
        case ProxyHeader.Malformed malformed -> {
          return header;
        }
        case ProxyHeader.Own own -> {
          rest = Arrays.copyOfRange(bytes, own.bytes(), bytes.length);
          return header;
        }
        case ProxyHeader.Client behind -> {
          client = behind.client();
          rest = Arrays.copyOfRange(bytes, behind.bytes(), bytes.length);
          return header;
        }
      }
    }
  }

  /** What has arrived; empty if nothing will. */
  private byte[] receive() {
    try {
      byte[] more = wire.get();
      return more == null ? NONE : more;
    } catch (UncheckedIOException e) {
      return NONE; // the other side has gone, or took too long
    }
  }

  /** The next bytes of the client; null at the end. */
  @Override
  public byte @Nullable [] get() {
    if (rest.length > 0) {
      byte[] first = rest;
      rest = NONE;
      return first;
    }
    return wire.get();
  }

  @Override
  public PeerInfo remotePeer() {
    return this;
  }

  @Override
  public SocketAddress address() {
    return client == null ? wire.remotePeer().address() : client;
  }

  @Override
  public String host() {
    return client == null ? wire.remotePeer().host() : client.getHostString();
  }

  @Override
  public int port() {
    return client == null ? wire.remotePeer().port() : client.getPort();
  }

  @Override
  public Optional<Principal> tlsPrincipal() {
    return Optional.empty();
  }

  @Override
  public Optional<Certificate[]> tlsCertificates() {
    return Optional.empty();
  }

  @Override
  public PeerInfo localPeer() {
    return wire.localPeer();
  }

  @Override
  public void write(BufferData data) {
    wire.write(data);
  }

  @Override
  public void close() {
    wire.close();
  }

  @Override
  public boolean isSecure() {
    return wire.isSecure();
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
