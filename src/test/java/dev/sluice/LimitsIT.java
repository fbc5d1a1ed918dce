package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.http.RawHttp;
import dev.sluice.http.RawHttp.Answer;
import dev.sluice.http.connection.HttpConfig;
import dev.sluice.testing.ServeFixture;
import dev.sluice.testing.SluiceProcess;
import dev.sluice.testing.TestPorts;
import dev.sluice.testing.TokenFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.paho.client.mqttv3.MqttClient;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The production jar, a client that sends more than it may, and one beside it. */
@Tag("long")
class LimitsIT {
  private static final String HOT = "Authorization: Bearer hot\r\n";
  private static final String CALM = "Authorization: Bearer calm\r\n";
  private static final String LINE = "temp,device=s-17 value=1 1795300000\n";

  @TempDir Path directory;
  private List<String> settings = List.of();

  @BeforeEach
  void migrate() throws Exception {
    Path tokens = directory.resolve("tokens");
    TokenFiles.write(
        tokens,
        TokenFiles.line("hot", "write,read,admin"),
        TokenFiles.line("calm", "write,read,admin"));
    settings =
        List.of(
            "data.dir=" + directory.resolve("data"),
            "ingest.port=0",
            "admin.port=0",
            "questdb.console-port=0",
            "questdb.pg-port=0",
            "auth.tokens-file=" + tokens,
            "cutover.initial-phase=retired");
    ServeFixture.migrate(settings);
  }

  @Test
  void refusesAHotClientTellsTheTrueWaitAndReportsIt() {
    List<String> limited = new ArrayList<>(settings);
    limited.add("limits.readings-per-second=10");
    limited.add("limits.unknown-per-second=1");
    try (SluiceProcess sluice = SluiceProcess.start(directory, "serve", limited);
        RawHttp hot = new RawHttp(sluice.url("ingest").getPort());
        RawHttp calm = new RawHttp(sluice.url("ingest").getPort())) {
      assertThat(hot.post("/write?precision=s", HOT, LINE.repeat(100)).status()).isEqualTo(204);
      Answer v1 = hot.post("/write?precision=s", HOT, LINE);
      Answer v2 = hot.post("/api/v2/write?precision=s", HOT, LINE);
      long refusedNanos = System.nanoTime();
      assertThat(v1.status()).isEqualTo(503);
      assertThat(v2.status()).isEqualTo(429);
      assertThat(calm.post("/write?precision=s", CALM, LINE).status()).isEqualTo(204);

      long wait = Duration.ofSeconds(Integer.parseInt(v2.header("Retry-After"))).toNanos();
      assertThat(wait).isBetween(1_000_000_000L, 9_000_000_000L);
      await().atMost(Duration.ofSeconds(60)).until(() -> System.nanoTime() - refusedNanos >= wait);
      assertThat(hot.post("/api/v2/write?precision=s", HOT, LINE).status()).isEqualTo(204);

      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> status(sluice, "Authorization: Bearer wrong\r\n") == 429);
      assertThat(status(sluice, HOT)).isEqualTo(200);
      String metrics = admin(sluice, "/metrics").body();
      assertThat(metrics).contains("sluice_limited_total{limit=\"readings-per-second\"} 2.0");
      assertThat(metrics).contains("sluice_ingest_requests_total{outcome=\"over_limit\"} 2.0");
      assertThat(metrics).doesNotContain("sluice_limited_total{limit=\"unknown-per-second\"} 0.0");
      assertThat(admin(sluice, "/v1/status").body()).contains("\"limited\":{\"");
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> admin(sluice, "/v1/fleet").body().contains("\"kind\":\"over-limit\""));
    }
  }

  @Test
  void saysWhyTheTokensFileIsRefusedBeforeItIsStale() throws Exception {
    Path tokens = directory.resolve("tokens");
    String good = Files.readString(tokens);
    try (SluiceProcess sluice = SluiceProcess.start(directory, "serve", settings)) {
      assertThat(admin(sluice, "/v1/status").body())
          .contains("\"tokens\":{\"valid\":2,\"expired\":0,\"problem\":null}");

      TokenFiles.replace(tokens, good + "cut", "rw-------");
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> admin(sluice, "/v1/status").body().contains("the tokens file is refused"));
      assertThat(admin(sluice, "/v1/status").body())
          .contains(tokens.toString(), "valid for another");
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> admin(sluice, "/v1/history").body().contains("{\"what\":\"tokens\""));

      TokenFiles.replace(tokens, good, "rw-------");
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> admin(sluice, "/v1/status").body().contains("\"problem\":null"));
    }
  }

  /** Nobody can keep operators out by holding all of the admin port's connections. */
  @Test
  void leavesConnectionsOfTheAdminPortToOtherAddresses() throws Exception {
    InetAddress own = ownAddress();
    assumeTrue(own != null, "this machine has no address but loopback");
    List<String> everywhere = new ArrayList<>(settings);
    everywhere.add("admin.host=0.0.0.0");
    List<RawHttp> held = new ArrayList<>();
    try (SluiceProcess sluice = SluiceProcess.start(directory, "serve", everywhere)) {
      int port = sluice.url("admin").getPort();
      int served = 0;
      for (int i = 0; i < 2 * HttpConfig.ADMIN_SHARE; i++) {
        RawHttp http = new RawHttp(new Socket(own, port));
        held.add(http);
        served += isServed(http) ? 1 : 0;
      }
      assertThat(served).isEqualTo(HttpConfig.ADMIN_SHARE);
      assertThat(status(sluice, HOT)).isEqualTo(200);
      assertThat(admin(sluice, "/metrics").body())
          .contains("sluice_limited_total{limit=\"connections-per-address\"} " + 32.0);

      held.forEach(RawHttp::close);
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> {
            try (RawHttp http = new RawHttp(new Socket(own, port))) {
              return isServed(http);
            }
          });
    } finally {
      held.forEach(RawHttp::close);
    }
  }

  /** An address has what it may have at all ports that take readings together. */
  @Test
  void countsConnectionsOfAnAddressToAllPortsTogether() throws Exception {
    InetAddress own = ownAddress();
    assumeTrue(own != null, "this machine has no address but loopback");
    List<String> everywhere = new ArrayList<>(settings);
    everywhere.addAll(
        List.of(
            "ingest.host=0.0.0.0",
            "admin.host=0.0.0.0",
            "otlp.port=" + TestPorts.free(),
            "mqtt.enabled=true",
            "mqtt.host=0.0.0.0",
            "mqtt.port=0",
            "http.max-connections-per-address=3"));
    try (SluiceProcess sluice = SluiceProcess.start(directory, "serve", everywhere)) {
      int ingest = sluice.url("ingest").getPort();
      int otlp = sluice.url("otlp").getPort();
      int mqtt = sluice.url("mqtt").getPort();
      try (RawHttp first = new RawHttp(new Socket(own, ingest));
          RawHttp second = new RawHttp(new Socket(own, otlp))) {
        assertThat(isServed(first)).isTrue();
        assertThat(isServed(second)).isTrue();
        try (MqttClient third = mqttClient(own, mqtt)) {
          third.connect(password("hot"));

          assertThat(isTurnedAway(own, ingest)).isTrue();
          assertThat(isTurnedAway(own, otlp)).isTrue();
          try (MqttClient fourth = mqttClient(own, mqtt)) {
            assertThatThrownBy(() -> fourth.connect(password("hot")))
                .isInstanceOf(MqttException.class);
          }
          try (RawHttp operator = new RawHttp(new Socket(own, sluice.url("admin").getPort()))) {
            assertThat(operator.get("/metrics", HOT).body())
                .contains("sluice_limited_total{limit=\"connections-per-address\"} 3.0");
          }
          assertThat(isTurnedAway(InetAddress.getLoopbackAddress(), ingest)).isFalse();
          third.disconnect();
        }
        await().atMost(Duration.ofSeconds(60)).until(() -> !isTurnedAway(own, ingest));
      }
    }
  }

  private static boolean isTurnedAway(InetAddress address, int port) throws IOException {
    try (RawHttp http = new RawHttp(new Socket(address, port))) {
      return !isServed(http);
    }
  }

  private static MqttClient mqttClient(InetAddress address, int port) throws MqttException {
    return new MqttClient(
        "tcp://" + address.getHostAddress() + ":" + port, "", new MemoryPersistence());
  }

  private static MqttConnectOptions password(String token) {
    MqttConnectOptions options = new MqttConnectOptions();
    options.setMqttVersion(MqttConnectOptions.MQTT_VERSION_3_1_1); // it tries others otherwise
    options.setUserName("any");
    options.setPassword(token.toCharArray());
    return options;
  }

  /** Not, if it gets a 503, or is closed before that can be read. */
  private static boolean isServed(RawHttp http) {
    try {
      return http.get("/health/live", "").status() != 503;
    } catch (UncheckedIOException e) {
      return false;
    }
  }

  private static @Nullable InetAddress ownAddress() throws SocketException {
    return NetworkInterface.networkInterfaces()
        .flatMap(NetworkInterface::inetAddresses)
        .filter(one -> one instanceof Inet4Address && !one.isLoopbackAddress())
        .findFirst()
        .orElse(null);
  }

  private static int status(SluiceProcess sluice, String header) {
    try (RawHttp http = new RawHttp(sluice.url("admin").getPort())) {
      return http.get("/v1/status", header).status();
    }
  }

  private static Answer admin(SluiceProcess sluice, String target) {
    try (RawHttp http = new RawHttp(sluice.url("admin").getPort())) {
      return http.get(target, HOT);
    }
  }
}
