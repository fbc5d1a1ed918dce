package dev.sluice.http.connection;

import dev.sluice.http.tls.Tls;
import dev.sluice.http.tls.TlsConfig;
import dev.sluice.http.tls.TlsDoor;
import dev.sluice.http.tls.UnusableException;
import dev.sluice.testing.TestCertificates;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/** Certificates in a folder, looked at twenty times a second. */
record TlsFixture(TestCertificates authority, Path folder, Tls tls) implements AutoCloseable {

  /** A server's certificate; nobody is asked for one. */
  static TlsFixture in(Path folder) {
    return in(folder, TlsConfig.ClientAuth.NONE, TlsConfig.Version.TLS_1_2);
  }

  static TlsFixture in(Path folder, TlsConfig.ClientAuth clientAuth, TlsConfig.Version oldest) {
    return in(folder, clientAuth, oldest, Duration.ofMinutes(1));
  }

  static TlsFixture in(
      Path folder,
      TlsConfig.ClientAuth clientAuth,
      TlsConfig.Version oldest,
      Duration handshakeTimeout) {
    TestCertificates authority = TestCertificates.authority("ca");
    TestCertificates server = authority.issue("server");
    TlsConfig config =
        new TlsConfig(
            server.writeChain(folder.resolve("tls.pem")),
            server.writeKey(folder.resolve("tls.key")),
            clientAuth == TlsConfig.ClientAuth.NONE
                ? Optional.empty()
                : Optional.of(server.writeAuthority(folder.resolve("ca.pem"))),
            clientAuth,
            oldest,
            Duration.ofMillis(50));
    try {
      Tls tls = Tls.open(config, InstantSource.system(), handshakeTimeout);
      tls.start();
      return new TlsFixture(authority, folder, tls);
    } catch (UnusableException e) {
      throw new AssertionError(e);
    }
  }

  TlsDoor ingest() {
    return tls.ingest();
  }

  SSLContext client() {
    return authority.client();
  }

  /** Puts the chain, then the key, of another certificate in the place of the current one's. */
  void replaceWith(TestCertificates next) {
    next.writeChain(folder.resolve("tls.pem"));
    next.writeKey(folder.resolve("tls.key"));
  }

  @Override
  public void close() {
    tls.close();
  }
}
