package dev.sluice.http.connection;

import dev.sluice.http.RawHttp;
import dev.sluice.http.tls.TlsDoor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** The same hostile, slow and old clients, over TLS. */
class EncryptedGuardedConnectionTest extends GuardedConnectionTest {
  @TempDir static Path folder;
  private static TlsFixture tls;

  @BeforeAll
  static void open() {
    tls = TlsFixture.in(folder);
  }

  @AfterAll
  static void close() {
    tls.close();
  }

  @Override
  TlsDoor tls() {
    return tls.ingest();
  }

  @Override
  RawHttp connect() {
    try {
      SSLSocket socket =
          (SSLSocket) tls.client().getSocketFactory().createSocket("127.0.0.1", port());
      socket.setTcpNoDelay(true);
      socket.startHandshake();
      return new RawHttp(socket);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
