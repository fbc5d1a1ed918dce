package dev.sluice.http.tls;

import io.helidon.common.socket.PeerInfo;
import java.net.SocketAddress;
import java.security.Principal;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
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

  /**
   * Called when the handshake is over. Checks the dates of the client's certificate once more: when
   * a session is resumed, the JDK takes the certificate from the ticket as it is, and puts it into
   * the next ticket, so that a client which comes back often enough would never be asked for
   * another.
   *
   * @throws SSLException if the certificate is not valid now
   */
  void identify() throws SSLException {
    try {
      certificates = engine.getSession().getPeerCertificates();
    } catch (SSLPeerUnverifiedException e) {
      certificates = null; // it was not asked for one, or has none
      return;
    }
    try {
      ((X509Certificate) certificates[0]).checkValidity();
    } catch (CertificateException e) {
      throw new SSLException("the client's certificate is not valid now: " + e.getMessage(), e);
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
