package dev.sluice.http.tls;

import io.helidon.common.socket.PeerInfo;
import java.net.SocketAddress;
import java.security.Principal;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/**
 * Who is at the other end of an encrypted connection: its address, and the certificate it has
 * shown, if any. Asked for each request, so it is found out once. Confined to the connection's
 * thread.
 */
final class TlsPeer implements PeerInfo {
  private final PeerInfo wire;
  private final SSLEngine engine;
  private Certificate @Nullable [] certificates;

  TlsPeer(PeerInfo wire, SSLEngine engine) {
    this.wire = wire;
    this.engine = engine;
  }

  /** Called when the handshake is over. */
  void identify() {
    try {
      certificates = engine.getSession().getPeerCertificates();
    } catch (SSLPeerUnverifiedException e) {
      certificates = null; // it was not asked for one, or has none
    }
  }

  @Override
  public SocketAddress address() {
    return wire.address();
  }

  @Override
  public String host() {
    return wire.host();
  }

  @Override
  public int port() {
    return wire.port();
  }

  @Override
  public Optional<Principal> tlsPrincipal() {
    return tlsCertificates().map(chain -> ((X509Certificate) chain[0]).getSubjectX500Principal());
  }

  @Override
  public Optional<Certificate[]> tlsCertificates() {
    return Optional.ofNullable(certificates);
  }
}
