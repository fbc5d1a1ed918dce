package dev.sluice.http.tls;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Settings {@code tls.*}, of a Sluice that has a certificate.
 *
 * @param certificate {@code tls.cert}: PEM, the server's own certificate first, then the ones that
 *     issued it
 * @param key {@code tls.key}: PEM, the private key of the first certificate, not encrypted
 * @param clientCa {@code tls.client-ca}: PEM, the certificates that client certificates are issued
 *     by
 * @param clientAuth {@code tls.client-auth} of the ingest port
 * @param minVersion {@code tls.min-version}
 * @param reloadInterval {@code tls.reload-interval}: how often the files are checked for changes
 */
public record TlsConfig(
    Path certificate,
    Path key,
    Optional<Path> clientCa,
    ClientAuth clientAuth,
    Version minVersion,
    Duration reloadInterval) {

  /** Whether a client must show a certificate. */
  public enum ClientAuth {
    /** It is not asked for one. */
    NONE,
    /** It is asked for one; one from a stranger is refused. */
    OPTIONAL,
    /** Without one, there is no connection. */
    REQUIRED
  }

  /** A version of the protocol. */
  public enum Version {
    TLS_1_2("1.2"),
    TLS_1_3("1.3");

    private final String label;

    Version(String label) {
      this.label = label;
    }

    /** As settings spell it. */
    public String label() {
      return label;
    }
  }

  /** Of the admin port: operators need a certificate as soon as somebody issues them. */
  public ClientAuth adminClientAuth() {
    return clientCa.isPresent() ? ClientAuth.REQUIRED : ClientAuth.NONE;
  }
}
