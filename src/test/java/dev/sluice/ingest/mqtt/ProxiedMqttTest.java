package dev.sluice.ingest.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.ConnectionsByAddress;
import dev.sluice.http.auth.AddressRange;
import dev.sluice.http.auth.AuthConfig;
import dev.sluice.http.auth.TokenAuth;
import dev.sluice.http.proxy.Proxies;
import dev.sluice.http.tls.Tls;
import dev.sluice.http.tls.TlsConfig;
import dev.sluice.testing.ProxyHeaders;
import dev.sluice.testing.TestCertificates;
import dev.sluice.testing.TokenFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The MQTT port behind the proxy at 127.0.0.2, with a token that counts from one network only. */
class ProxiedMqttTest {
  private static final String PROXY = "127.0.0.2";
  private static final String TOKEN = "the-token-of-another-network";
  private static final String ALLOWED = "10.9.8.7";

  @TempDir private Path folder;

  private MqttPort.Setup setup() throws IOException {
    var setup = new MqttPort.Setup();
    setup.proxies = new Proxies(List.of(AddressRange.parse(PROXY)), Duration.ofMillis(500));
    Path file =
        TokenFiles.write(
            folder.resolve("tokens"), TokenFiles.line(TOKEN, "write name=far from=10.9.8.0/24"));
    setup.auth = TokenAuth.of(new AuthConfig(AuthConfig.Mode.TOKENS, Optional.of(file)));
    return setup;
  }

  @Test
  void asksForTheClientsAddressAndNotTheProxys() throws IOException {
    MqttPort.Setup setup = setup();
    try (var port = new MqttPort(setup)) {
      for (byte[] header :
          new byte[][] {ProxyHeaders.v1(ALLOWED), ProxyHeaders.v2(ALLOWED, new byte[700])}) {
        try (RawMqtt client = behind(port, header)) {
          assertThat(client.connect(0, TOKEN).rest()[1]).isZero();
          client.publish(1, 7, "sensors/s-17/temp", "21.5");
          assertThat(client.read().type()).isEqualTo(RawMqtt.PUBACK);
        }
      }
      for (byte[] header :
          new byte[][] {
            ProxyHeaders.v1("10.9.9.7"), ProxyHeaders.v2(ProxyHeaders.LOCAL, 0, new byte[0])
          }) {
        try (RawMqtt client = behind(port, header)) {
          assertThat(client.connect(0, TOKEN).rest()[1]).isNotZero();
        }
      }
      assertThat(port.kept).hasSize(2);
      assertThat(setup.proxies.accepted()).isEqualTo(4);
    }
  }

  @Test
  void takesAHeaderThatComesByteByByteOrWithTheFirstPacket() throws IOException {
    try (var port = new MqttPort(setup())) {
      try (Socket socket = connected(port, PROXY)) {
        for (byte b : ProxyHeaders.v2(ALLOWED)) {
          socket.getOutputStream().write(b);
        }
        assertThat(new RawMqtt(socket, true).connect(0, TOKEN).rest()[1]).isZero();
      }
      try (Socket socket = connected(port, PROXY)) {
        // A CONNECT of MQTT 3.1.1 without a token, behind the header and in one piece with it.
        byte[] header = ProxyHeaders.v1(ALLOWED);
        byte[] connect = {0x10, 13, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0, 0, 1, 'a'};
        byte[] both = Arrays.copyOf(header, header.length + connect.length);
        System.arraycopy(connect, 0, both, header.length, connect.length);
        socket.getOutputStream().write(both);

        RawMqtt.Packet answer = new RawMqtt(socket, false).read();
        assertThat(answer.type()).isEqualTo(RawMqtt.CONNACK);
        assertThat(answer.rest()[1]).isEqualTo((byte) 4); // no token, but it was read
      }
    }
  }

  @Test
  void seesTheClientOverTls() throws Exception {
    TestCertificates authority = TestCertificates.authority("ca");
    TestCertificates server = authority.issue("server");
    TlsConfig config =
        new TlsConfig(
            server.writeChain(folder.resolve("tls.pem")),
            server.writeKey(folder.resolve("tls.key")),
            Optional.empty(),
            TlsConfig.ClientAuth.NONE,
            TlsConfig.Version.TLS_1_2,
            Duration.ofSeconds(1));
    MqttPort.Setup setup = setup();
    try (Tls tls = Tls.open(config, InstantSource.system())) {
      setup.tls = tls.mqtt();
      try (var port = new MqttPort(setup);
          Socket wire = connected(port, PROXY)) {
        wire.getOutputStream().write(ProxyHeaders.v2(ALLOWED));
        SSLSocket socket =
            (SSLSocket)
                authority
                    .client()
                    .getSocketFactory()
                    .createSocket(wire, "127.0.0.1", wire.getPort(), true);

        try (RawMqtt client = new RawMqtt(socket, true)) {
          assertThat(client.connect(0, TOKEN).rest()[1]).isZero();
        }
      }
    }
  }

  @Test
  void closesAProxysConnectionWithoutAHeaderOrWithAWrongOneOrALateOne() throws IOException {
    MqttPort.Setup setup = setup();
    try (var port = new MqttPort(setup);
        RawMqtt plain = behind(port);
        RawMqtt wrong = behind(port, ProxyHeaders.v2(0x2f, 0x11, new byte[12]));
        RawMqtt tooLong = behind(port, ProxyHeaders.v2(0x21, 0x11, 60_000, new byte[12]));
        RawMqtt silent = behind(port);
        RawMqtt slow = behind(port, Arrays.copyOf(ProxyHeaders.v2(ALLOWED), 20))) {
      plain.sendConnect(0, TOKEN, false);

      for (RawMqtt each : List.of(plain, wrong, tooLong, silent, slow)) {
        each.awaitClosed();
      }
      await().until(() -> port.closed(Closed.PROXY) == 5);
      assertThat(setup.proxies.refused()).isEqualTo(5);
      assertThat(setup.proxies.accepted()).isZero();
      await().until(() -> port.endpoint.connections() == 0);
    }
  }

  @Test
  void doesNotBelieveAnybodyElse() throws IOException {
    MqttPort.Setup setup = setup();
    try (var port = new MqttPort(setup);
        Socket first = connected(port, "127.0.0.3");
        Socket second = connected(port, "127.0.0.3");
        RawMqtt v1 = new RawMqtt(first, true);
        RawMqtt v2 = new RawMqtt(second, true)) {
      // Taken for a packet of 84 bytes, which is whole with these.
      first.getOutputStream().write(Arrays.copyOf(ProxyHeaders.v1(ALLOWED), 100));
      second.getOutputStream().write(ProxyHeaders.v2(ALLOWED));

      v1.awaitClosed();
      v2.awaitClosed();
      await().until(() -> port.closed(Closed.PROTOCOL) + port.closed(Closed.TOO_LARGE) == 2);
      assertThat(setup.proxies.accepted() + setup.proxies.refused()).isZero();
    }
  }

  @Test
  void limitsTheConnectionsOfEachClientBehindAProxy() throws IOException {
    MqttPort.Setup setup = setup();
    AtomicInteger refused = new AtomicInteger();
    setup.addresses = new ConnectionsByAddress(2, refused::incrementAndGet);
    try (var port = new MqttPort(setup);
        RawMqtt first = behind(port, ProxyHeaders.v2(ALLOWED))) {
      assertThat(first.connect(0, TOKEN).rest()[1]).isZero();
      try (RawMqtt second = behind(port, ProxyHeaders.v2(ALLOWED))) {
        assertThat(second.connect(0, TOKEN).rest()[1]).isZero();

        try (RawMqtt third = behind(port, ProxyHeaders.v2(ALLOWED))) {
          third.awaitClosed();
        }
        await().until(() -> port.closed(Closed.FULL) == 1);
        assertThat(refused).hasValue(1);
        try (RawMqtt other = behind(port, ProxyHeaders.v2("10.9.8.8"))) {
          assertThat(other.connect(0, TOKEN).rest()[1]).isZero();
        }
      }

      await()
          .until(() -> {
            try (RawMqtt again = behind(port, ProxyHeaders.v2(ALLOWED))) {
              return again.connect(0, TOKEN).rest()[1] == 0;
            } catch (UncheckedIOException e) {
              return false; // the place is not free yet
            }
          });
    }
  }

  private static RawMqtt behind(MqttPort port, byte... header) throws IOException {
    Socket socket = connected(port, PROXY);
    socket.getOutputStream().write(header);
    return new RawMqtt(socket, true);
  }

  private static Socket connected(MqttPort port, String from) throws IOException {
    return new Socket(
        AddressRange.address("127.0.0.1"), port.port(), AddressRange.address(from), 0);
  }
}
