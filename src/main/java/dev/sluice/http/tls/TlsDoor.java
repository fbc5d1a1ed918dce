package dev.sluice.http.tls;

import io.helidon.common.socket.HelidonSocket;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;

/**
 * TLS of one port. Each connection gets the certificate that is current when it begins, and keeps
 * it. Thread-safe.
 *
 * <p>Handshakes compute in turns, on at most half of the processors: a signature takes about a
 * millisecond, virtual threads are not interrupted while they compute, and thousands of clients
 * that come back at once would otherwise keep everybody else's requests off the processors for
 * seconds.
 */
public final class TlsDoor {
  /** Elliptic curves only: a client could choose others that cost a hundred times as much. */
  private static final String[] GROUPS = {"x25519", "secp256r1", "secp384r1", "secp521r1", "x448"};

  private final String name;
  private final TlsConfig.ClientAuth clientAuth;
  private final TlsConfig.Version minVersion;
  private final String[] protocols;
  private final Duration handshakeTimeout;
  private final Semaphore turns;
  private final LongAdder succeeded = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final LongAdder notTls = new LongAdder();
  private volatile SSLContext context;
  private volatile String lastRefusal = "";

  TlsDoor(
      String name,
      TlsConfig.ClientAuth clientAuth,
      TlsConfig.Version minVersion,
      String[] protocols,
      Duration handshakeTimeout,
      int turns,
      SSLContext context) {
    this.protocols = protocols;
    this.name = name;
    this.clientAuth = clientAuth;
    this.minVersion = minVersion;
    this.handshakeTimeout = handshakeTimeout;
    this.turns = new Semaphore(turns, true);
    this.context = context;
  }

  /** The port, as in the settings. */
  public String name() {
    return name;
  }

  /** The most that a client may take for its part of a handshake. */
  public Duration handshakeTimeout() {
    return handshakeTimeout;
  }

  /** Has connections that begin from now on use this. */
  void replace(SSLContext current) {
    context = current;
  }

  /** Encrypts a connection that has just been accepted; the handshake is still to be done. */
  public EncryptedSocket encrypt(HelidonSocket wire, Guard guard) {
    return new EncryptedSocket(wire, engine(), guard);
  }

  /** The server's side of a connection that has just been accepted. */
  public SSLEngine engine() {
    SSLEngine engine = context.createSSLEngine();
    engine.setUseClientMode(false);
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setProtocols(
        minVersion == TlsConfig.Version.TLS_1_3
            ? new String[] {"TLSv1.3"}
            : new String[] {"TLSv1.3", "TLSv1.2"});
    parameters.setCipherSuites(
        Arrays.stream(parameters.getCipherSuites())
            .filter(TlsDoor::isStrong)
            .toArray(String[]::new));
    parameters.setNamedGroups(GROUPS);
    parameters.setApplicationProtocols(protocols);
    switch (clientAuth) {
      case NONE -> parameters.setNeedClientAuth(false);
      case OPTIONAL -> parameters.setWantClientAuth(true);
      case REQUIRED -> parameters.setNeedClientAuth(true);
    }
    engine.setSSLParameters(parameters);
    return engine;
  }

  /** Keys that a later theft of the certificate's does not reveal, and authenticated encryption. */
  private static boolean isStrong(String suite) {
    boolean tls13 = !suite.contains("_WITH_");
    boolean authenticated = suite.contains("_GCM_") || suite.contains("_CHACHA20_POLY1305_");
    return tls13 || (suite.startsWith("TLS_ECDHE_") && authenticated);
  }

  /** See {@link Guard#takeTurn}. */
  public void takeTurn() throws InterruptedException {
    turns.acquire();
  }

  /** See {@link Guard#giveTurn}. */
  public void giveTurn() {
    turns.release();
  }

  /** Counts a handshake that succeeded. */
  public void succeeded() {
    succeeded.increment();
  }

  /** Counts a handshake that failed, unless the client has merely gone. */
  public void failed(HandshakeException e) {
    switch (e.reason()) {
      case GONE -> {}
      case NOT_TLS -> notTls.increment();
      case REFUSED -> {
        refused.increment();
        lastRefusal = String.valueOf(e.getMessage());
      }
    }
  }

  /** Handshakes that succeeded so far. */
  public long handshakes() {
    return succeeded.sum();
  }

  /** Handshakes that one side refused so far. */
  public long refusals() {
    return refused.sum();
  }

  /** Connections so far that sent something else than TLS. */
  public long plainTexts() {
    return notTls.sum();
  }

  /** Why the last refused handshake was; empty if none was. */
  String lastRefusal() {
    return lastRefusal;
  }
}
