package dev.sluice.ingest.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.auth.AuthConfig;
import dev.sluice.http.auth.TokenAuth;
import dev.sluice.http.tls.Tls;
import dev.sluice.http.tls.TlsConfig;
import dev.sluice.ingest.mqtt.RawMqtt.Packet;
import dev.sluice.reading.Reading;
import dev.sluice.testing.TestCertificates;
import dev.sluice.testing.TokenFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who is let in by MQTT, and for how long. */
class MqttDoorTest {
  private static final String WRITER = "the-token-of-a-sensor";
  private static final String READER = "the-token-of-a-dashboard";
  private static final String ELSEWHERE = "the-token-of-another-network";

  @TempDir private Path folder;

  private TokenAuth tokens() throws IOException {
    Path file =
        TokenFiles.write(
            folder.resolve("tokens"),
            TokenFiles.line(WRITER, "write name=sensor devices=s-*"),
            TokenFiles.line(READER, "read name=dashboard"),
            TokenFiles.line(ELSEWHERE, "write name=far from=10.9.8.0/24"));
    return TokenAuth.of(new AuthConfig(AuthConfig.Mode.TOKENS, Optional.of(file)));
  }

  @ParameterizedTest
  @CsvSource({
    "'', 4, 0x86",
    "wrong-token, 4, 0x86",
    READER + ", 5, 0x87",
    ELSEWHERE + ", 5, 0x87",
  })
  void refusesWhoHasNoTokenToWrite(String token, int inVersion3, String inVersion5)
      throws IOException {
    var setup = new MqttPort.Setup();
    setup.auth = tokens();
    try (var port = new MqttPort(setup);
        RawMqtt v3 = RawMqtt.to(port.port(), false);
        RawMqtt v5 = RawMqtt.to(port.port(), true)) {
      assertThat(v3.connect(0, token).rest()[1]).isEqualTo((byte) inVersion3);
      assertThat(v5.connect(0, token).rest()[1] & 0xff).isEqualTo(Integer.decode(inVersion5));

      v3.awaitClosed();
      v5.awaitClosed();
      assertThat(port.closed(Closed.TOKEN)).isEqualTo(2);
      assertThat(port.endpoint.counters().connects()).isZero();
    }
  }

  @Test
  void letsATokenWriteTheDevicesItsLineNames() throws IOException {
    var setup = new MqttPort.Setup();
    setup.auth = tokens();
    try (var port = new MqttPort(setup);
        RawMqtt client = RawMqtt.to(port.port(), true)) {
      assertThat(client.connect(0, WRITER).rest()[1]).isZero();
      client.publish(1, 1, "sensors/s-17/temp", "1");
      client.publish(1, 2, "sensors/x-17/temp", "2");
      client.publish(1, 3, "zigbee2mqtt/x-17", "{\"temp\":3}");

      assertThat(client.read().reasonCode()).isZero();
      for (int i = 0; i < 2; i++) {
        Packet refused = client.read();
        assertThat(refused.reasonCode()).isEqualTo(0x99);
        assertThat(refused.text()).contains("is none of this token's");
      }
      assertThat(port.kept).extracting(Reading::device).containsExactly("s-17");
    }
  }

  @Test
  void cutsOffAClientWhoseTokenIsRevoked() throws IOException {
    var setup = new MqttPort.Setup();
    setup.auth = tokens();
    try (TokenAuth auth = setup.auth;
        var port = new MqttPort(setup);
        RawMqtt client = RawMqtt.to(port.port(), true)) {
      auth.start();
      client.connect(0, WRITER);
      client.publish(1, 1, "sensors/s-17/temp", "1");
      assertThat(client.read().reasonCode()).isZero();

      TokenFiles.write(folder.resolve("tokens"), TokenFiles.line(READER, "read name=dashboard"));

      Packet goodbye = client.read();
      assertThat(goodbye.type()).isEqualTo(RawMqtt.DISCONNECT);
      assertThat(goodbye.rest()[0] & 0xff).isEqualTo(0x87);
      client.awaitClosed();
      assertThat(port.closed(Closed.REVOKED)).isOne();
    }
  }

  @Test
  void encryptsAndTakesACertificateForAClient() throws Exception {
    TestCertificates authority = TestCertificates.authority("ca");
    TestCertificates own = authority.issue("server");
    TestCertificates sensor = authority.issue("sensor");
    Path file =
        TokenFiles.write(
            folder.resolve("tokens"),
            "cert:sha256:"
                + TokenFiles.hash(sensor.certificate().getEncoded())
                + " write name=sensor");
    var config =
        new TlsConfig(
            own.writeChain(folder.resolve("tls.pem")),
            own.writeKey(folder.resolve("tls.key")),
            Optional.of(own.writeAuthority(folder.resolve("ca.pem"))),
            TlsConfig.ClientAuth.OPTIONAL,
            TlsConfig.Version.TLS_1_2,
            Duration.ofMillis(200));
    var setup = new MqttPort.Setup();
    setup.auth = TokenAuth.of(new AuthConfig(AuthConfig.Mode.TOKENS, Optional.of(file)));
    try (Tls tls = Tls.open(config, InstantSource.system())) {
      tls.start();
      setup.tls = tls.mqtt();
      try (var port = new MqttPort(setup)) {
        try (RawMqtt client = encrypted(port, authority.client(sensor))) {
          assertThat(client.connect(0, "").rest()[1]).isZero();
          client.publish(1, 1, "sensors/s-17/temp", "1");
          assertThat(client.read().reasonCode()).isZero();
        }
        try (RawMqtt nobody = encrypted(port, authority.client())) {
          assertThat(nobody.connect(0, "").rest()[1] & 0xff).isEqualTo(0x86);
        }
        try (RawMqtt plain = RawMqtt.to(port.port(), false)) {
          plain.sendConnect(0, "", false);
          plain.awaitClosed();
        }
        assertThat(tls.mqtt().handshakes()).isEqualTo(2);
        await().until(() -> tls.mqtt().plainTexts() == 1);

        TestCertificates renewed = authority.issue("renewed");
        renewed.writeChain(folder.resolve("tls.pem"));
        renewed.writeKey(folder.resolve("tls.key"));
        await()
            .untilAsserted(() -> {
              try (RawMqtt client = encrypted(port, authority.client(sensor))) {
                assertThat(client.connect(0, "").rest()[1]).isZero();
                assertThat(client.server()).contains("CN=renewed");
              }
            });
        assertThat(port.kept).extracting(Reading::device).containsExactly("s-17");
      }
    }
  }

  private static RawMqtt encrypted(MqttPort port, SSLContext context) throws IOException {
    return new RawMqtt(context.getSocketFactory().createSocket("127.0.0.1", port.port()), true);
  }
}
