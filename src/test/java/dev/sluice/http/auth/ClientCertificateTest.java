package dev.sluice.http.auth;

import static dev.sluice.testing.TokenFiles.line;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.ByteBudget;
import dev.sluice.http.RawHttp;
import dev.sluice.http.RawHttp.Answer;
import dev.sluice.http.connection.ConnectionLimits;
import dev.sluice.http.connection.ConnectionRules;
import dev.sluice.http.connection.ListenAddress;
import dev.sluice.http.connection.Listeners;
import dev.sluice.http.connection.StallWatch;
import dev.sluice.http.origin.OriginConfig;
import dev.sluice.http.origin.Origins;
import dev.sluice.http.proxy.Proxies;
import dev.sluice.http.tls.Tls;
import dev.sluice.http.tls.TlsConfig;
import dev.sluice.testing.TestCertificates;
import dev.sluice.testing.TokenFiles;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.CertificateEncodingException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a client may do that shows a certificate, on a port that asks for one. */
class ClientCertificateTest {
  private final TestCertificates authority = TestCertificates.authority("ca");
  private final Map<String, TestCertificates> clients =
      Map.of(
          "ops", authority.issue("ops"),
          "old", authority.issue("old"),
          "stranger", authority.issue("stranger"));
  private final StallWatch watch = new StallWatch(Duration.ofMinutes(1));

  @TempDir private Path folder;
  private Tls tls;
  private WebServer server;

  @BeforeEach
  void start() throws Exception {
    TestCertificates own = authority.issue("server");
    var config =
        new TlsConfig(
            own.writeChain(folder.resolve("tls.pem")),
            own.writeKey(folder.resolve("tls.key")),
            Optional.of(own.writeAuthority(folder.resolve("ca.pem"))),
            TlsConfig.ClientAuth.OPTIONAL,
            TlsConfig.Version.TLS_1_2,
            Duration.ofMinutes(1));
    tls = Tls.open(config, InstantSource.system(), Duration.ofMinutes(1));
    WebServerConfig.Builder builder = WebServer.builder();
    Listeners.configure(
        builder,
        new ListenAddress("127.0.0.1", 0, 128),
        new ConnectionRules(
            ConnectionLimits.of(100),
            Proxies.none(),
            tls.ingest(),
            Origins.of(OriginConfig.NONE),
            watch,
            new ByteBudget(16 << 20),
            1 << 20));
    TokenAuth auth = auth();
    server =
        builder
            .routing(routing ->
                routing
                    .get(
                        "/admin",
                        auth.require((c, q, a) -> a.send(c.kind() + " " + c.name()), Scope.ADMIN))
                    .get("/write", auth.require((q, a) -> a.send("in"), Scope.WRITE)))
            .build()
            .start();
    watch.start();
  }

  private TokenAuth auth() throws IOException, CertificateEncodingException {
    Path file =
        TokenFiles.write(
            folder.resolve("tokens"),
            "cert:sha256:" + fingerprint("ops") + " admin name=ops",
            "cert:sha256:" + fingerprint("old") + " admin until=2020-01-01",
            line("t", "admin name=by-token"));
    return TokenAuth.of(new AuthConfig(AuthConfig.Mode.TOKENS, Optional.of(file)));
  }

  private String fingerprint(String name) throws CertificateEncodingException {
    return TokenFiles.hash(Objects.requireNonNull(clients.get(name)).certificate().getEncoded());
  }

  @AfterEach
  void stop() {
    server.stop();
    watch.close();
    tls.close();
  }

  @ParameterizedTest
  @CsvSource({
    "ops, '', 200, CERTIFICATE ops",
    "ops, t, 200, TOKEN by-token",
    "ops, wrong, 401, no valid token",
    "old, '', 401, this certificate expired at 2020-01-02T00:00:00Z",
    "old, t, 200, TOKEN by-token",
    "stranger, '', 401, no valid token",
    "'', t, 200, TOKEN by-token",
    "'', '', 401, no valid token"
  })
  void knowsAClientByItsCertificateUnlessItSendsAToken(
      String certificate, String token, int status, String body) throws IOException {
    try (RawHttp http = connect(certificate)) {
      Answer answer =
          http.get("/admin", token.isEmpty() ? "" : "Authorization: Bearer " + token + "\r\n");

      assertThat(answer.status()).isEqualTo(status);
      assertThat(answer.body()).contains(body);
    }
  }

  @Test
  void knowsItInEveryRequestOfAConnection() throws IOException {
    try (RawHttp http = connect("ops")) {
      for (int i = 0; i < 3; i++) {
        assertThat(http.get("/admin", "").body()).isEqualTo("CERTIFICATE ops");
      }
      Answer refused = http.get("/write", "");
      assertThat(refused.status()).isEqualTo(403);
      assertThat(refused.body()).contains("this certificate has scope admin, needed is write");
    }
  }

  private RawHttp connect(String certificate) throws IOException {
    SSLContext context = authority.client(clients.get(certificate));
    return new RawHttp(context.getSocketFactory().createSocket("127.0.0.1", server.port()));
  }
}
