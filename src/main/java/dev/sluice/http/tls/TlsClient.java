package dev.sluice.http.tls;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/** TLS of a command that talks to a Sluice: whom it trusts, and what it shows. Stateless. */
public final class TlsClient {
  private TlsClient() {}

  /**
   * What a client shows of itself.
   *
   * @param certificate PEM, its chain included
   * @param key PEM, not encrypted
   */
  public record Shown(Path certificate, Path key) {}

  /**
   * Trusts servers whose certificate was issued by one of those in {@code ca} for the name in the
   * URL; without it, those that this JDK trusts.
   *
   * @throws UnusableException if a file cannot be used
   */
  public static SSLContext trusting(Optional<Path> ca, Optional<Shown> shown)
      throws UnusableException {
    return context(ca.isPresent() ? issuedBy(ca.get()) : null, shown);
  }

  /**
   * Trusts only the server that has the certificate in this file, by whatever name it is reached:
   * the one that runs on the same machine, with the same settings.
   *
   * @throws UnusableException if a file cannot be used
   */
  public static SSLContext trustingOnly(Path certificate, Optional<Shown> shown)
      throws UnusableException {
    X509Certificate known = certificates("tls.cert", certificate).getFirst();
    return context(new TrustManager[] {new KnownServer(known)}, shown);
  }

  private static SSLContext context(TrustManager @Nullable [] trust, Optional<Shown> shown)
      throws UnusableException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(shown.isPresent() ? keys(shown.get()) : null, trust, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new UnusableException("TLS cannot be set up: " + e.getMessage(), e);
    }
  }

  private static TrustManager[] issuedBy(Path ca) throws UnusableException {
    try {
      return Contexts.trust(certificates("--ca", ca));
    } catch (GeneralSecurityException e) {
      throw new UnusableException("--ca " + ca + " cannot be used: " + e.getMessage(), e);
    }
  }

  private static KeyManager[] keys(Shown shown) throws UnusableException, GeneralSecurityException {
    List<X509Certificate> chain = certificates("--cert", shown.certificate());
    String where = "--key " + shown.key();
    return Contexts.keys(
        chain, PrivateKeys.read(text("--key", shown.key()), where, chain.getFirst()));
  }

  private static List<X509Certificate> certificates(String what, Path file)
      throws UnusableException {
    return Pem.certificates(text(what, file), what + " " + file);
  }

  private static String text(String what, Path file) throws UnusableException {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UnusableException(what + " cannot be read (" + e + ")", e);
    }
  }
}
