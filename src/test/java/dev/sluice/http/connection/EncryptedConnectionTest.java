package dev.sluice.http.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.ByteBudget;
import dev.sluice.http.RawHttp;
import dev.sluice.http.origin.OriginConfig;
import dev.sluice.http.origin.Origins;
import dev.sluice.http.proxy.Proxies;
import dev.sluice.http.tls.TlsConfig.ClientAuth;
import dev.sluice.http.tls.TlsConfig.Version;
import dev.sluice.testing.TestCertificates;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is special about encrypted connections: handshakes, certificates, records. */
@Tag("slow")
class EncryptedConnectionTest {
  private static final Duration TIMEOUT = Duration.ofMillis(400);
  private static final Duration LONG = Duration.ofMinutes(1);

  @TempDir Path folder;
  private StallWatch watch;
  private final ByteBudget budget = new ByteBudget(32 << 20);
  private TlsFixture tls;
  private WebServer server;

  @BeforeEach
  void start() {
    start(TlsFixture.in(folder, ClientAuth.NONE, Version.TLS_1_2, LONG), LONG);
  }

  private void restart(ClientAuth clientAuth, Version oldest) {
    restart(TlsFixture.in(folder, clientAuth, oldest, LONG), LONG);
  }

  /** With clients that get little time. */
  private void restartInAHurry() {
    restart(TlsFixture.in(folder, ClientAuth.NONE, Version.TLS_1_2, TIMEOUT), TIMEOUT);
  }

  private void restart(TlsFixture fixture, Duration timeout) {
    stop();
    start(fixture, timeout);
  }

  private void start(TlsFixture fixture, Duration timeout) {
    tls = fixture;
    watch = new StallWatch(timeout);
    WebServerConfig.Builder builder = WebServer.builder();
    Listeners.configure(
        builder,
        new ListenAddress("127.0.0.1", 0, 128),
        new ConnectionRules(
            ConnectionLimits.of(2_000),
            Proxies.none(),
            tls.ingest(),
            Origins.of(OriginConfig.NONE),
            watch,
            budget,
            1 << 20));
    watch.start();
    server =
        builder
            .routing(routing ->
                routing
                    .get("/who", (request, response) -> response.send(who(request)))
                    .get(
                        "/secure",
                        (request, response) -> response.send(String.valueOf(request.isSecure())))
                    .post(
                        "/count",
                        (request, response) ->
                            response.send(
                                "" + request.content().inputStream().readAllBytes().length)))
            .build()
            .start();
  }

  @AfterEach
  void stop() {
    await().untilAsserted(() -> assertThat(budget.used()).isZero());
    server.stop();
    watch.close();
    tls.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void speaksBothVersionsAndHttp11(String version) throws IOException {
    SSLSocket socket = socket(tls.client(), version);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {"h2", "http/1.1"});
    socket.setSSLParameters(parameters);
    try (RawHttp http = new RawHttp(socket)) {
      assertThat(http.get("/secure", "").body()).isEqualTo("true");
      assertThat(http.get("/who", "").body()).isEqualTo("nobody");
      assertThat(socket.getApplicationProtocol()).isEqualTo("http/1.1");
      assertThat(socket.getSession().getCipherSuite()).containsAnyOf("GCM", "CHACHA20");
    }
    assertThat(tls.ingest().handshakes()).isEqualTo(1);
  }

  @Test
  void refusesVersionsAndCiphersThatAreTooOld() throws IOException {
    restart(ClientAuth.NONE, Version.TLS_1_3);

    assertRefused(socket(tls.client(), "TLSv1.2"));

    SSLSocket h2 = socket(tls.client(), "TLSv1.3");
    SSLParameters parameters = h2.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {"h2"});
    h2.setSSLParameters(parameters);
    assertRefused(h2);
    await().until(() -> tls.ingest().refusals() == 2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"})
  void refusesCiphersWithoutAuthentication(String suite) throws IOException {
    SSLSocket socket = socket(tls.client(), "TLSv1.2");
    socket.setEnabledCipherSuites(new String[] {suite});
    assertRefused(socket);
  }

  @Test
  void tellsThatPlainTextIsNotWhatItSpeaks() throws IOException {
    try (RawHttp http = new RawHttp(server.port())) {
      RawHttp.Answer answer = http.post("/count", "", "four");

      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.body()).contains("https://");
      assertThat(http.isClosedByServer()).isTrue();
    }
    assertThat(tls.ingest().plainTexts()).isEqualTo(1);
    assertThat(tls.ingest().refusals()).isZero();
  }

  @Test
  void closesAConnectionThatDoesNotBegin() throws IOException {
    restartInAHurry();

    try (RawHttp http = new RawHttp(server.port())) {
      assertThat(http.isClosedByServer()).isTrue();
    }
    await().until(() -> watch.closedConnections() == 1);
  }

  @Test
  void closesAHandshakeThatDrips() throws IOException {
    restartInAHurry();

    byte[] hello = {22, 3, 1, 2, 0, 1, 0, 1, (byte) 0xfc, 3, 3};
    try (RawHttp http = new RawHttp(server.port())) {
      http.send(hello);
      await()
          .atMost(Duration.ofMinutes(2))
          .pollInterval(Duration.ofMillis(20))
          .until(() -> !canSend(http, new byte[1]));
    }
    await().until(() -> watch.closedConnections() == 1);
  }

  @Test
  void closesAConnectionThatDoesNotFinishARecord() throws IOException {
    restart(TlsFixture.in(folder, ClientAuth.NONE, Version.TLS_1_2, LONG), TIMEOUT);

    try (Socket wire = new Socket(InetAddress.getLoopbackAddress(), server.port());
        SSLSocket socket = over(wire)) {
      socket.startHandshake();
      assertThat(new RawHttp(socket).get("/secure", "").status()).isEqualTo(200);

      wire.getOutputStream().write(new byte[] {23, 3, 3, 0x40, 0, 1, 2, 3});

      assertThat(wire.getInputStream().transferTo(java.io.OutputStream.nullOutputStream()))
          .isLessThan(200);
    }
    await().until(() -> watch.closedConnections() == 1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"16030100010a", "150303000201ff", "1703034a01", "1403030001"})
  void endsWithWhatIsNotAllowedAfterTheHandshake(String hex) throws IOException {
    try (Socket wire = new Socket(InetAddress.getLoopbackAddress(), server.port());
        SSLSocket socket = over(wire)) {
      socket.startHandshake();
      wire.getOutputStream().write(java.util.HexFormat.of().parseHex(hex));
      wire.getOutputStream().write(new byte[20]);

      assertThat(isClosed(wire.getInputStream())).isTrue();
    }
    assertServed();
  }

  @Test
  void doesNoSecondHandshake() throws IOException {
    try (SSLSocket socket = socket(tls.client(), "TLSv1.2")) {
      RawHttp http = new RawHttp(socket);
      assertThat(http.get("/secure", "").status()).isEqualTo(200);

      assertThatThrownBy(
              () -> {
                socket.startHandshake();
                http.get("/secure", "");
              })
          .isInstanceOfAny(IOException.class, UncheckedIOException.class, RuntimeException.class);
    }
    assertServed();
  }

  @Test
  void takesNewKeysButNotAFloodOfThem() throws IOException {
    try (SSLSocket socket = socket(tls.client(), "TLSv1.3")) {
      RawHttp http = new RawHttp(socket);
      for (int i = 0; i < 50; i++) {
        socket.startHandshake(); // in TLS 1.3, an update of the keys
        assertThat(http.get("/secure", "").body()).isEqualTo("true");
      }
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 1_000; i++) {
                  socket.startHandshake();
                }
                http.get("/secure", "");
              })
          .isInstanceOfAny(IOException.class, UncheckedIOException.class, RuntimeException.class);
    }
    assertServed();
  }

  @Test
  void answersAClientThatEndsWithoutSayingSo() throws IOException {
    try (Socket wire = new Socket(InetAddress.getLoopbackAddress(), server.port());
        SSLSocket socket = over(wire)) {
      RawHttp http = new RawHttp(socket);
      http.send(RawHttp.head("GET", "/secure", ""));
      wire.shutdownOutput();

      assertThat(http.answer().body()).isEqualTo("true");
      assertThat(http.isClosedByServer()).isTrue();
    }
  }

  @Test
  void passesOnTheCertificateOfAClient() throws IOException {
    restart(ClientAuth.OPTIONAL, Version.TLS_1_2);
    TestCertificates device = tls.authority().issue("device-7");
    SSLContext shows = tls.authority().client(device);

    for (String version : List.of("TLSv1.2", "TLSv1.3")) {
      assertThat(who(tls.client(), version)).isEqualTo("nobody");
      String first = who(shows, version);
      String resumed = who(shows, version);

      assertThat(first).isEqualTo("CN=device-7 " + device.certificate().getSerialNumber());
      assertThat(resumed).isEqualTo(first);
    }
  }

  @Test
  void refusesCertificatesOfStrangersAlsoIfNoneIsRequired() throws IOException {
    restart(ClientAuth.OPTIONAL, Version.TLS_1_2);
    // Of another authority with the same name: else the client would not even show it.
    TestCertificates stranger = TestCertificates.authority("ca").issue("device-7");

    assertRefused(socket(tls.authority().client(stranger), "TLSv1.2"));
    await().until(() -> tls.ingest().refusals() == 1);
    assertRefused(socket(tls.authority().client(stranger), "TLSv1.3"));
    await().until(() -> tls.ingest().refusals() == 2);
  }

  @Test
  void requiresACertificateIfToldTo() throws IOException {
    restart(ClientAuth.REQUIRED, Version.TLS_1_2);

    assertRefused(socket(tls.client(), "TLSv1.2"));
    assertRefused(socket(tls.client(), "TLSv1.3"));
    assertThat(who(tls.authority().client(tls.authority().issue("ops")), "TLSv1.3"))
        .startsWith("CN=ops ");
  }

  /**
   * The JDK puts a client's certificate into each new ticket, and never asks for its dates again.
   */
  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void resumesNoSessionOfACertificateThatHasExpired(String version) throws IOException {
    restart(ClientAuth.OPTIONAL, Version.TLS_1_2);
    Instant end = Instant.now().truncatedTo(ChronoUnit.SECONDS).plusSeconds(4);
    TestCertificates device = tls.authority().issue("device-7", end.minusSeconds(60), end);
    SSLContext shows = tls.authority().client(device);
    assertThat(who(shows, version)).startsWith("CN=device-7 ");
    assertThat(who(shows, version)).startsWith("CN=device-7 ");

    await().until(() -> Instant.now().isAfter(end));

    assertThatThrownBy(() -> who(shows, version))
        .isInstanceOfAny(IOException.class, UncheckedIOException.class, AssertionError.class);
    assertThat(tls.ingest().handshakes()).isEqualTo(2);
    assertThat(tls.ingest().refusals()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void resumesSessionsUntilTheCertificateIsReplaced(String version) throws IOException {
    SSLContext client = tls.client();

    long first = sessionOf(client, version);
    long second = sessionOf(client, version);
    assertThat(second).as("created at").isEqualTo(first);

    TestCertificates next = tls.authority().issue("server");
    tls.replaceWith(next);
    await().until(() -> tls.tls().status().reloads() == 1);
    try (SSLSocket socket = socket(client, version)) {
      assertThat(new RawHttp(socket).get("/secure", "").body()).isEqualTo("true");
      assertThat(socket.getSession().getPeerCertificates()[0]).isEqualTo(next.certificate());
    }
  }

  @Test
  void keepsConnectionsWhenTheCertificateIsReplaced() throws IOException {
    try (RawHttp before = new RawHttp(socket(tls.client(), "TLSv1.3"))) {
      assertThat(before.get("/secure", "").status()).isEqualTo(200);
      for (int i = 1; i <= 3; i++) {
        int reloads = i;
        tls.replaceWith(tls.authority().issue("server"));
        await().until(() -> tls.tls().status().reloads() == reloads);
        assertThat(before.get("/secure", "").status()).isEqualTo(200);
        assertServed();
      }
    }
  }

  @Test
  void servesOthersWhileNoHandshakeGetsItsTurn() throws Exception {
    int turns = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);

    try (RawHttp before = new RawHttp(socket(tls.client(), "TLSv1.3"));
        ExecutorService storm = Executors.newVirtualThreadPerTaskExecutor()) {
      assertThat(before.get("/secure", "").status()).isEqualTo(200);
      for (int i = 0; i < turns; i++) {
        tls.ingest().takeTurn();
      }
      List<Future<Long>> waiting =
          IntStream.range(0, 100)
              .mapToObj(i -> storm.submit(() -> sessionOf(tls.client(), "TLSv1.3")))
              .toList();
      for (int i = 0; i < 300; i++) {
        assertThat(before.get("/secure", "").status()).isEqualTo(200);
        assertThat(waiting).noneMatch(Future::isDone);
      }
      for (int i = 0; i < turns; i++) {
        tls.ingest().giveTurn();
      }

      for (Future<Long> done : waiting) {
        assertThat(done.get()).isPositive();
      }
    }
    assertThat(watch.closedConnections()).isZero();
  }

  @Test
  void doesNotBlameAClientForWaitingForItsTurn() throws Exception {
    Duration most = Duration.ofSeconds(3);
    restart(TlsFixture.in(folder, ClientAuth.NONE, Version.TLS_1_2, most), LONG);
    int turns = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);

    for (int i = 0; i < turns; i++) {
      tls.ingest().takeTurn();
    }
    try (ExecutorService client = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Long> waiting = client.submit(() -> sessionOf(tls.client(), "TLSv1.3"));
      long end = System.nanoTime() + most.toNanos() * 3 / 2;
      await().atMost(LONG).until(() -> System.nanoTime() > end);
      assertThat(waiting.isDone()).isFalse();
      for (int i = 0; i < turns; i++) {
        tls.ingest().giveTurn();
      }

      assertThat(waiting.get()).isPositive();
    }
    assertThat(watch.closedConnections()).isZero();
  }

  @Test
  void takesLargeBodiesInManyRecords() throws IOException {
    try (RawHttp http = new RawHttp(socket(tls.client(), "TLSv1.3"))) {
      for (int bytes : new int[] {1, 16_384, 16_385, 1 << 20}) {
        assertThat(http.post("/count", "", new byte[bytes]).body()).isEqualTo("" + bytes);
      }
    }
  }

  private void assertServed() throws IOException {
    try (RawHttp http = new RawHttp(socket(tls.client(), "TLSv1.3"))) {
      assertThat(http.get("/secure", "").body()).isEqualTo("true");
    }
  }

  private String who(SSLContext context, String version) throws IOException {
    try (RawHttp http = new RawHttp(socket(context, version))) {
      return http.get("/who", "").body();
    }
  }

  /** When the session of a new connection was created: earlier than that, if it is resumed. */
  private long sessionOf(SSLContext context, String version) throws IOException {
    try (SSLSocket socket = socket(context, version)) {
      assertThat(new RawHttp(socket).get("/secure", "").body()).isEqualTo("true");
      return socket.getSession().getCreationTime();
    }
  }

  private SSLSocket socket(SSLContext context, String version) throws IOException {
    SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", server.port());
    socket.setSoTimeout(20_000);
    socket.setEnabledProtocols(new String[] {version});
    return socket;
  }

  private SSLSocket over(Socket wire) throws IOException {
    wire.setSoTimeout(20_000);
    SSLSocket socket =
        (SSLSocket)
            tls.client().getSocketFactory().createSocket(wire, "127.0.0.1", wire.getPort(), false);
    socket.setEnabledProtocols(new String[] {"TLSv1.3"});
    return socket;
  }

  private static void assertRefused(SSLSocket socket) {
    assertThatThrownBy(
            () -> {
              try (socket) {
                new RawHttp(socket).get("/secure", "");
              }
            })
        .satisfies(e ->
            assertThat(e instanceof UncheckedIOException ? e.getCause() : e)
                .isInstanceOf(SSLException.class));
  }

  private static boolean isClosed(InputStream in) throws IOException {
    try {
      in.transferTo(java.io.OutputStream.nullOutputStream());
      return true;
    } catch (java.net.SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  private static boolean canSend(RawHttp http, byte[] bytes) {
    try {
      http.send(bytes);
      return true;
    } catch (UncheckedIOException e) {
      return false;
    }
  }

  private static String who(ServerRequest request) {
    return request
        .remotePeer()
        .tlsCertificates()
        .map(chain -> (X509Certificate) chain[0])
        .map(leaf -> leaf.getSubjectX500Principal().getName() + " " + leaf.getSerialNumber())
        .orElse("nobody");
  }
}
