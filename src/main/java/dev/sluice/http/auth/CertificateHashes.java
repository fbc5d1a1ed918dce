package dev.sluice.http.auth;

import io.helidon.webserver.http.ServerRequest;
import java.security.cert.Certificate;
import java.security.cert.CertificateEncodingException;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Hashes of the certificates that clients show when they connect. Whether a certificate is to be
 * trusted was decided before, by the handshake. Thread-safe, without a lock.
 *
 * <p>Those seen last are kept in a table of fixed size, because a hash is needed for every request;
 * two certificates that share a slot displace each other.
 */
final class CertificateHashes {
  private static final int SLOT_BITS = 10;

  private record Slot(Certificate certificate, Sha256 hash) {}

  private final AtomicReferenceArray<@Nullable Slot> slots =
      new AtomicReferenceArray<>(1 << SLOT_BITS);

  /** The hash of the sender's own certificate, in DER form; null if it has shown none. */
  @Nullable Sha256 of(ServerRequest request) {
    return request
        .remotePeer()
        .tlsCertificates()
        .filter(chain -> chain.length > 0)
        .map(chain -> of(chain[0]))
        .orElse(null);
  }

  /** The hash of this certificate, in DER form. */
  Sha256 of(Certificate certificate) {
    int slot = (certificate.hashCode() * 0x9E3779B9) >>> (Integer.SIZE - SLOT_BITS);
    Slot kept = slots.get(slot);
    if (kept != null && kept.certificate.equals(certificate)) {
      return kept.hash;
    }
    Sha256 hash = hash(certificate);
    slots.set(slot, new Slot(certificate, hash));
    return hash;
  }

  private static Sha256 hash(Certificate certificate) {
    try {
      return Sha256.of(certificate.getEncoded());
    } catch (CertificateEncodingException e) {
      throw new AssertionError("a certificate that came in DER form has none", e);
    }
  }
}
