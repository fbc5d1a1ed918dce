package dev.sluice.http.tls;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/**
 * A certificate with its chain and key, and whose client certificates are accepted, all checked.
 * Immutable.
 *
 * @param chain the server's own certificate first; each is issued by the next
 * @param key of the first certificate
 * @param clientCas empty if no client certificate is asked for
 */
record Identity(List<X509Certificate> chain, PrivateKey key, List<X509Certificate> clientCas) {

  /**
   * Reads and checks what the files hold; dates are left to {@link #requireCurrent}.
   *
   * @throws UnusableException if clients would not accept it
   */
  static Identity of(TlsConfig config, TlsFiles files) throws UnusableException {
    String where = "tls.cert " + config.certificate();
    List<X509Certificate> chain = Pem.certificates(files.certificate(), where);
    requireOrder(chain, where);
    PrivateKey key = PrivateKeys.read(files.key(), "tls.key " + config.key(), chain.getFirst());
    List<X509Certificate> clientCas =
        config.clientCa().isPresent()
            ? Pem.certificates(files.clientCa(), "tls.client-ca " + config.clientCa().get())
            : List.of();
    return new Identity(List.copyOf(chain), key, List.copyOf(clientCas));
  }

  /** When the first certificate of the chain to expire does. */
  Instant notAfter() {
    return chain.stream()
        .map(certificate -> certificate.getNotAfter().toInstant())
        .min(Instant::compareTo)
        .orElseThrow();
  }

  /**
   * Refuses a chain that is not valid at this moment.
   *
   * @param where the file, for the message
   */
  void requireCurrent(Instant now, String where) throws UnusableException {
    for (int i = 0; i < chain.size(); i++) {
      Instant from = chain.get(i).getNotBefore().toInstant();
      Instant to = chain.get(i).getNotAfter().toInstant();
      if (now.isBefore(from) || now.isAfter(to)) {
        // Without the time that it is now: a reason that is always the same is logged once.
        throw new UnusableException(
            "%s: certificate %d is valid from %s to %s, and not now: get a current one"
                .formatted(where, i + 1, from, to));
      }
    }
  }

  private static void requireOrder(List<X509Certificate> chain, String where)
      throws UnusableException {
    for (int i = 0; i + 1 < chain.size(); i++) {
      try {
        chain.get(i).verify(chain.get(i + 1).getPublicKey());
      } catch (GeneralSecurityException e) {
        throw new UnusableException(
            ("%s: certificate %d (%s) is not issued by certificate %d (%s): put the server's own"
                    + " first, and after each the one that issued it")
                .formatted(where, i + 1, name(chain.get(i)), i + 2, name(chain.get(i + 1))),
            e);
      }
    }
  }

  private static String name(X509Certificate certificate) {
    return certificate.getSubjectX500Principal().getName();
  }
}
