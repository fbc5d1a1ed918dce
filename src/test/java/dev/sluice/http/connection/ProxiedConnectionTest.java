package dev.sluice.http.connection;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.ByteBudget;
import dev.sluice.http.ConnectionsByAddress;
import dev.sluice.http.RawHttp;
import dev.sluice.http.RawHttp.Answer;
import dev.sluice.http.auth.AddressRange;
import dev.sluice.http.origin.OriginConfig;
import dev.sluice.http.origin.Origins;
import dev.sluice.http.proxy.Proxies;
import dev.sluice.http.tls.TlsDoor;
import dev.sluice.testing.ProxyHeaders;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A listener that believes the proxy at 127.0.0.2, and a route that names the client. */
class ProxiedConnectionTest {
  private static final String PROXY = "127.0.0.2";
  private static final Duration PATIENCE = Duration.ofMillis(300);
  private static final int PER_ADDRESS = 3;

  @TempDir Path folder;

  private final Proxies proxies = new Proxies(List.of(AddressRange.parse(PROXY)), PATIENCE);
  private final StallWatch watch = new StallWatch(Duration.ofSeconds(1));
  private final AtomicInteger refused = new AtomicInteger();
  private @Nullable TlsFixture tls;
  private @Nullable WebServer server;

  @AfterEach
  void stop() {
    if (server != null) {
      server.stop();
    }
    watch.close();
    if (tls != null) {
      tls.close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"203.0.113.7", "2001:db8:0:0:0:0:0:7"})
  void seesTheClientOfAProxyInBothVersions(String client) {
    start(null);

    for (byte[] header : new byte[][] {ProxyHeaders.v1(client), ProxyHeaders.v2(client)}) {
      try (RawHttp http = from(PROXY)) {
        http.send(header);
        assertThat(whoAmI(http)).isEqualTo(client + ":4711");
        assertThat(whoAmI(http)).isEqualTo(client + ":4711");
      }
    }
    assertThat(proxies.accepted()).isEqualTo(2);
    assertThat(proxies.refused()).isZero();
  }

  @Test
  void seesTheClientWhenHeaderAndRequestsComeInOnePiece() {
    start(null);
    byte[] request = RawHttp.head("GET", "/who", "").getBytes(US_ASCII);
    var all = new ByteArrayOutputStream();
    all.writeBytes(ProxyHeaders.v2("203.0.113.7", new byte[500]));
    all.writeBytes(request);
    all.writeBytes(request);

    try (RawHttp http = from(PROXY)) {
      http.send(all.toByteArray());

      assertThat(http.answer().body()).isEqualTo("203.0.113.7:4711");
      assertThat(http.answer().body()).isEqualTo("203.0.113.7:4711");
    }
  }

  @Test
  void seesTheClientWhenTheHeaderComesByteByByte() {
    start(null);

    try (RawHttp http = from(PROXY)) {
      for (byte b : ProxyHeaders.v1("203.0.113.7")) {
        http.send(new byte[] {b});
      }
      assertThat(whoAmI(http)).isEqualTo("203.0.113.7:4711");
    }
  }

  @Test
  void takesAHealthCheckForTheProxyItself() {
    start(null);

    for (byte[] header :
        new byte[][] {
          ProxyHeaders.v2(ProxyHeaders.LOCAL, 0, new byte[0]),
          "PROXY UNKNOWN\r\n".getBytes(US_ASCII)
        }) {
      try (RawHttp http = from(PROXY)) {
        http.send(header);
        assertThat(whoAmI(http)).startsWith(PROXY + ":");
      }
    }
  }

  @Test
  void seesTheClientOverTls() throws Exception {
    start(TlsFixture.in(folder));

    try (Socket wire = connected(PROXY)) {
      wire.getOutputStream().write(ProxyHeaders.v2("203.0.113.7"));
      try (RawHttp http = new RawHttp(encrypted(wire))) {
        assertThat(whoAmI(http)).isEqualTo("203.0.113.7:4711");
      }
    }
    assertThat(door().handshakes()).isEqualTo(1);
  }

  @Test
  void closesAProxysConnectionWithoutAHeader() {
    start(null);

    try (RawHttp http = from(PROXY)) {
      Answer answer = http.get("/who", "");

      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.body()).contains("must begin with a PROXY header").endsWith("log\n");
      assertThat(http.isClosedByServer()).isTrue();
    }
    assertThat(proxies.refused()).isEqualTo(1);
  }

  @Test
  void closesAProxysConnectionWithoutAHeaderOverTlsBeforeAnyHandshake() throws Exception {
    start(TlsFixture.in(folder));

    try (Socket wire = connected(PROXY)) {
      SSLSocket socket = encrypted(wire);

      assertThat(catchIo(socket::startHandshake)).isTrue();
    }
    await().until(() -> proxies.refused() == 1);
    assertThat(door().handshakes() + door().refusals() + door().plainTexts()).isZero();
  }

  @Test
  void closesAProxysConnectionWithAHeaderThatIsWrongOrTooLong() {
    start(null);
    byte[][] wrong = {
      "PROXY TCP4 somebody.example 192.0.2.1 1 2\r\n".getBytes(US_ASCII),
      ("PROXY TCP4 " + "1".repeat(500)).getBytes(US_ASCII),
      ProxyHeaders.v2(ProxyHeaders.PROXY, 0x41, new byte[36]),
      ProxyHeaders.v2(ProxyHeaders.PROXY, ProxyHeaders.TCP4, 65_535, new byte[12])
    };

    for (byte[] header : wrong) {
      try (RawHttp http = from(PROXY)) {
        assertThat(http.send(header).answer().status()).isEqualTo(400);
        http.sendNoMore();
        assertThat(http.isClosedByServer()).isTrue();
      }
    }
    assertThat(proxies.refused()).isEqualTo(wrong.length);
    assertThat(proxies.accepted()).isZero();
  }

  @Test
  void doesNotWaitForAHeaderThatDoesNotCome() {
    start(null);
    byte[] header = ProxyHeaders.v2("203.0.113.7");

    try (RawHttp silent = from(PROXY);
        RawHttp slow = from(PROXY)) {
      slow.send(Arrays.copyOf(header, 20));
      long begin = System.nanoTime();

      assertThat(silent.isClosedByServer()).isTrue();
      assertThat(slow.isClosedByServer()).isTrue();
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(5));
    }
    await().until(() -> watch.closedConnections() == 2);
    assertThat(proxies.refused()).isEqualTo(1); // of the slow one; the silent one has said nothing
  }

  @Test
  void doesNotBelieveAnybodyElse() {
    start(null);

    try (RawHttp http = from("127.0.0.3")) {
      Answer answer = http.send(ProxyHeaders.v1("203.0.113.7")).send("\r\n").answer();

      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.body()).contains("http.proxy-protocol-from does not name your address");
      assertThat(http.isClosedByServer()).isTrue();
    }
    try (RawHttp http = from("127.0.0.3")) {
      http.send(ProxyHeaders.v2("203.0.113.7")).send(RawHttp.head("GET", "/who", ""));

      assertThat(http.answer().status()).isEqualTo(400);
    }
    try (RawHttp http = from("127.0.0.3")) {
      assertThat(whoAmI(http)).startsWith("127.0.0.3:");
    }
    assertThat(proxies.accepted() + proxies.refused()).isZero();
  }

  @Test
  void closesQuietlyWhatAProxyOpensAndCloses() {
    start(null);

    try (RawHttp http = from(PROXY)) {
      http.sendNoMore();
      assertThat(http.isClosedByServer()).isTrue();
    }
    assertThat(proxies.refused()).isZero();
  }

  @Test
  void limitsTheConnectionsOfEachClientBehindAProxy() {
    start(null);
    RawHttp[] open = new RawHttp[PER_ADDRESS];
    for (int i = 0; i < PER_ADDRESS; i++) {
      open[i] = from(PROXY);
      open[i].send(ProxyHeaders.v2("203.0.113.7"));
      assertThat(whoAmI(open[i])).isEqualTo("203.0.113.7:4711");
    }

    try (RawHttp more = from(PROXY)) {
      Answer answer = more.send(ProxyHeaders.v2("203.0.113.7")).answer();

      assertThat(answer.status()).isEqualTo(503);
      assertThat(answer.header("Retry-After")).isEqualTo("10");
      assertThat(more.isClosedByServer()).isTrue();
    }
    assertThat(refused).hasValue(1);
    try (RawHttp other = from(PROXY)) {
      other.send(ProxyHeaders.v2("203.0.113.8"));
      assertThat(whoAmI(other)).isEqualTo("203.0.113.8:4711");
    }
    open[0].close();
    await()
        .untilAsserted(() -> {
          try (RawHttp again = from(PROXY)) {
            again.send(ProxyHeaders.v2("203.0.113.7"));
            assertThat(again.get("/who", "").status()).isEqualTo(200);
          }
        });
    for (RawHttp each : open) {
      each.close();
    }
  }

  private void start(@Nullable TlsFixture encrypting) {
    tls = encrypting;
    WebServerConfig.Builder builder = WebServer.builder();
    Listeners.configure(
        builder,
        new ListenAddress("127.0.0.1", 0, 128),
        new ConnectionRules(
            new ConnectionLimits(
                1_000, new ConnectionsByAddress(PER_ADDRESS, refused::incrementAndGet)),
            proxies,
            encrypting == null ? null : encrypting.ingest(),
            Origins.of(OriginConfig.NONE),
            watch,
            new ByteBudget(16 << 20),
            1 << 20));
    watch.start();
    server =
        builder
            .routing(routing ->
                routing.get(
                    "/who",
                    (request, response) -> {
                      var peer = (InetSocketAddress) request.remotePeer().address();
                      response.send(peer.getAddress().getHostAddress() + ":" + peer.getPort());
                    }))
            .build()
            .start();
  }

  private static String whoAmI(RawHttp http) {
    Answer answer = http.get("/who", "");
    assertThat(answer.status()).isEqualTo(200);
    return answer.body();
  }

  private TlsDoor door() {
    if (tls == null) {
      throw new AssertionError("not encrypted");
    }
    return tls.ingest();
  }

  private SSLSocket encrypted(Socket wire) throws IOException {
    if (tls == null) {
      throw new AssertionError("not encrypted");
    }
    return (SSLSocket)
        tls.client().getSocketFactory().createSocket(wire, "127.0.0.1", wire.getPort(), true);
  }

  private RawHttp from(String address) {
    return new RawHttp(connected(address));
  }

  private Socket connected(String address) {
    if (server == null) {
      throw new AssertionError("not started");
    }
    try {
      return new Socket(
          AddressRange.address("127.0.0.1"), server.port(), AddressRange.address(address), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private interface Attempt {
    void run() throws IOException;
  }

  private static boolean catchIo(Attempt attempt) {
    try {
      attempt.run();
      return false;
    } catch (IOException e) {
      return true;
    }
  }
}
