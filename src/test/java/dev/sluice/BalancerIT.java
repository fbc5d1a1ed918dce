package dev.sluice;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.RawHttp;
import dev.sluice.http.RawHttp.Answer;
import dev.sluice.testing.HaProxy;
import dev.sluice.testing.Ledger;
import dev.sluice.testing.LoadClient;
import dev.sluice.testing.Mosquitto;
import dev.sluice.testing.ProxyHeaders;
import dev.sluice.testing.ServeFixture;
import dev.sluice.testing.SluiceProcess;
import dev.sluice.testing.Stores;
import dev.sluice.testing.TestCertificates;
import dev.sluice.testing.TestKafka;
import dev.sluice.testing.TestPorts;
import dev.sluice.testing.TokenFiles;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The whole jar behind a real HAProxy with the configuration of docker/haproxy.cfg, but for names
 * and ports. HAProxy connects from an address of its own; the tests tell it by PROXY headers which
 * addresses they come from.
 */
@Tag("mysql")
class BalancerIT {
  private static final String OWN = "127.0.0.2";
  private static final String SENSOR = "203.0.113.7";
  private static final String WRITER = "the-token-of-a-fleet";
  private static final String OPERATOR = "the-token-of-an-operator";
  private static final String LINE = "temp,device=s-17 value=21.5 1795300000\n";

  @TempDir Path directory;

  @BeforeEach
  void fetch() {
    HaProxy.require();
  }

  @Test
  void shipsAConfigurationThatHaproxyTakes() {
    HaProxy.Checked checked = HaProxy.check(directory, Path.of("docker/haproxy.cfg"));

    assertThat(checked.exit()).as(checked.said()).isZero();
    // Nothing but that this machine does not know the names of the nodes.
    assertThat(checked.said().lines().filter(line -> line.startsWith("[WARNING]")))
        .allMatch(line -> line.contains("could not resolve address 'ingest-"));
  }

  @Test
  void seesTheSendersInLimitsTokensAndAudit() throws Exception {
    Path tokens =
        TokenFiles.write(
            directory.resolve("tokens"),
            TokenFiles.line(WRITER, "write name=fleet from=203.0.113.0/24,127.0.0.77"),
            TokenFiles.line(OPERATOR, "admin name=ops"));
    int mqtt = TestPorts.free();
    try (SluiceProcess sluice =
        start(
                "auth.tokens-file=" + tokens,
                "http.max-connections-per-address=2",
                "mqtt.enabled=true",
                "mqtt.port=" + mqtt)
            .withToken(OPERATOR)) {
      int ingest = TestPorts.free();
      int admin = TestPorts.free();
      int mqttIn = TestPorts.free();
      String config =
          shipped(node(sluice, mqtt), node(sluice, mqtt), ingest, mqttIn)
              + "\nlisten admin\n    bind 127.0.0.1:%d accept-proxy\n    server one 127.0.0.1:%d\n"
                  .formatted(admin, sluice.url("admin").getPort());
      config = config.replace("127.0.0.1:" + ingest, "127.0.0.1:" + ingest + " accept-proxy");
      try (HaProxy proxy = HaProxy.start(directory, config, ingest)) {
        assertThat(proxy.log()).doesNotContain("ALERT");
        awaitUp(ingest);
        String token = "Authorization: Bearer " + WRITER + "\r\n";
        try (RawHttp first = from(ingest, SENSOR);
            RawHttp second = from(ingest, SENSOR)) {
          assertThat(first.post("/write?precision=s", token, LINE).status()).isEqualTo(204);
          assertThat(second.post("/write?precision=s", token, LINE).status()).isEqualTo(204);
          try (RawHttp third = from(ingest, SENSOR)) {
            assertThat(third.answer().status()).isEqualTo(503); // the limit of its address
          }
          try (RawHttp other = from(ingest, "198.51.100.9")) {
            Answer refused = other.post("/write?precision=s", token, LINE);
            assertThat(refused.status()).isEqualTo(403);
          }
        }

        try (RawHttp ops = from(admin, "192.0.2.50")) {
          assertThat(
                  ops.post(
                          "/v1/fleet",
                          "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
                              .formatted(OPERATOR),
                          "{\"device_id\":\"s-17\"}")
                      .status())
              .isLessThan(500);
        }
        assertThat(Files.readString(directory.resolve("data/audit.ndjson")))
            .contains("\"from\":\"192.0.2.50\"")
            .doesNotContain(OWN);

        Mosquitto mosquitto = Mosquitto.fetched();
        String topic = "sensors/s-18/temp";
        assertThat(
                mosquitto
                    .publish(
                        directory,
                        mqttIn,
                        "-A",
                        "127.0.0.77",
                        "-q",
                        "1",
                        "-u",
                        "x",
                        "-P",
                        WRITER,
                        "-t",
                        topic,
                        "-m",
                        "21.5")
                    .exit())
            .isZero();
        assertThat(
                mosquitto
                    .publish(
                        directory,
                        mqttIn,
                        "-A",
                        "127.0.0.78",
                        "-q",
                        "1",
                        "-u",
                        "x",
                        "-P",
                        WRITER,
                        "-t",
                        topic,
                        "-m",
                        "21.5")
                    .exit())
            .isNotZero();
        String metrics = sluice.get("admin", "/metrics").body();
        assertThat(metrics)
            .contains("sluice_limited_total{limit=\"connections-per-address\"} 1.0")
            .contains("sluice_proxy_headers_total{result=\"refused\"} 0.0");
        await().untilAsserted(() -> assertThat(sluice.log()).contains("198.51.100.9 (fleet)"));
        assertThat(sluice.log()).doesNotContain(OWN + " (");
      }
      assertThat(sluice.status().getJsonObject("ingest").getInt("accepted")).isEqualTo(3);
    }
  }

  @Test
  void passesTlsThroughAndChecksHealthOverIt() throws Exception {
    TestCertificates authority = TestCertificates.authority("fleet-ca");
    TestCertificates server = authority.issue("sluice");
    Path ca = server.writeAuthority(directory.resolve("ca.pem"));
    try (SluiceProcess sluice =
        start(
            "tls.cert=" + server.writeChain(directory.resolve("tls.pem")),
            "tls.key=" + server.writeKey(directory.resolve("tls.key")))) {
      int ingest = TestPorts.free();
      String node = node(sluice, 1);
      String config =
          shipped(node, node, ingest, TestPorts.free())
              .replace(
                  "default-server check ",
                  "default-server check check-ssl verify required ca-file " + ca + " ");
      try (HaProxy proxy = HaProxy.start(directory, config, ingest)) {
        assertThat(proxy.log()).doesNotContain("ALERT");
        try (Socket wire = connected(ingest)) {
          SSLSocket socket =
              (SSLSocket)
                  authority
                      .client()
                      .getSocketFactory()
                      .createSocket(wire, "127.0.0.1", ingest, true);
          try (RawHttp http = new RawHttp(socket)) {
            assertThat(http.post("/write?precision=s", "", LINE).status()).isEqualTo(204);
          }
        }
        // HAProxy has asked over TLS, and not marked the nodes as down.
        await().until(() -> handshakes(sluice.with(authority.client()), "admin") >= 4);
        assertThat(proxy.log()).doesNotContain("DOWN");
      }
    }
  }

  /** Two nodes and one topic: a node may die at any moment, and nothing acknowledged is lost. */
  @Test
  @Tag("long")
  void losesNothingWhenANodeIsKilledUnderLoad() throws Exception {
    ServeFixture first = ServeFixture.migrated(directory.resolve("first"));
    ServeFixture second = ServeFixture.migrated(directory.resolve("second"), first.mysql());
    Ledger ledger = Ledger.replicated();
    int[] ports = {TestPorts.free(), TestPorts.free(), TestPorts.free(), TestPorts.free()};
    String[] one = clustered(ports[0], ports[1]);
    String[] two = clustered(ports[2], ports[3]);
    int ingest = TestPorts.free();
    String config =
        shipped(
            "127.0.0.1:" + ports[0] + " " + ports[1] + " 1",
            "127.0.0.1:" + ports[2] + " " + ports[3] + " 1",
            ingest,
            TestPorts.free());

    SluiceProcess a = first.start(one);
    SluiceProcess b = second.start(two);
    try (HaProxy proxy = HaProxy.start(directory, config, ingest)) {
      URI balanced = URI.create("http://127.0.0.1:" + ingest);
      try (LoadClient load =
          new LoadClient(balanced, ledger, 8, 50, Duration.ofMillis(5), new SplittableRandom(1))) {
        await().until(() -> ledger.acknowledgedCount() > 2_000 && load.running());
        assertThat(accepted(a)).isPositive();
        assertThat(accepted(b)).isPositive();

        a.kill();
        awaitMore(ledger, load, 2_000);
        a = first.start(one);
        SluiceProcess again = a;
        await().atMost(Duration.ofMinutes(1)).until(() -> proxy.log().contains("is UP"));
        b.kill();
        awaitMore(ledger, load, 2_000);
        assertThat(accepted(again)).isPositive();
      }
      a.awaitCaughtUp("mysql");
      ledger.assertKeptBy("MySQL", Stores.mysql(first.mysql()));
      assertThat(a.terminate(Duration.ofMinutes(2))).isZero();
    } finally {
      a.close();
      b.close();
    }
    System.out.println("kept " + ledger.acknowledgedCount() + " acknowledged readings");
  }

  private static void awaitMore(Ledger ledger, LoadClient load, int readings) {
    int before = ledger.acknowledgedCount();
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> ledger.acknowledgedCount() > before + readings && load.running());
  }

  private static int accepted(SluiceProcess sluice) {
    return sluice.status().getJsonObject("ingest").getInt("accepted");
  }

  private static String[] clustered(int ingest, int admin) {
    return new String[] {
      "ingest.port=" + ingest,
      "admin.port=" + admin,
      "cutover.initial-phase=mysql",
      // Not opened in this phase; a QuestDB inside a node would be that node's alone.
      "questdb.mode=remote",
      "questdb.url=http://127.0.0.1:9",
      "http.proxy-protocol-from=" + OWN,
      "journal.kind=kafka",
      "journal.kafka.servers=" + TestKafka.shared().servers(),
      "journal.kafka.topic=balanced-" + ProcessHandle.current().pid(),
      "journal.kafka.partitions=8",
      "journal.kafka.replication=1"
    };
  }

  /** A Sluice without MySQL, that believes HAProxy. */
  private SluiceProcess start(String... more) {
    List<String> settings = new ArrayList<>();
    settings.add("data.dir=" + directory.resolve("data"));
    settings.add("ingest.port=0");
    settings.add("admin.port=0");
    settings.add("questdb.console-port=0");
    settings.add("questdb.pg-port=0");
    settings.add("cutover.initial-phase=retired");
    settings.add("http.proxy-protocol-from=" + OWN);
    settings.addAll(List.of(more));
    ServeFixture.migrate(settings);
    return SluiceProcess.start(directory, "serve", settings);
  }

  private static String node(SluiceProcess sluice, int mqtt) {
    return "127.0.0.1:%d %d %d"
        .formatted(sluice.url("ingest").getPort(), sluice.url("admin").getPort(), mqtt);
  }

  /**
   * The file that is shipped, with what differs on this machine replaced.
   *
   * @param first a node: {@code host:ingest-port admin-port mqtt-port}
   */
  private static String shipped(String first, String second, int ingest, int mqtt)
      throws Exception {
    String config = Files.readString(Path.of("docker/haproxy.cfg"), UTF_8);
    config = replaced(config, "bind :8080", "bind 127.0.0.1:" + ingest);
    config = replaced(config, "bind :1883", "bind 127.0.0.1:" + mqtt);
    config = replaced(config, "resolvers names\n    nameserver dns 127.0.0.11:53\n", "");
    config = replaced(config, " resolvers names", " source " + OWN);
    config = replaced(config, "check port 8081", "check");
    config = replaced(config, "local0 warning", "local0 notice");
    config = replaced(config, "maxconn 100000", "maxconn 2000"); // as many files as a test may have
    String[] names = {"ingest-1", "ingest-2"};
    String[][] nodes = {first.split(" "), second.split(" ")};
    for (int i = 0; i < names.length; i++) {
      String check = " port " + nodes[i][1] + "\n";
      String host = nodes[i][0].substring(0, nodes[i][0].indexOf(':'));
      config = replaced(config, names[i] + ":8080\n", nodes[i][0] + check);
      config = replaced(config, names[i] + ":1883\n", host + ":" + nodes[i][2] + check);
    }
    return config;
  }

  private static String replaced(String text, String part, String with) {
    assertThat(text).contains(part);
    return text.replace(part, with);
  }

  /** HAProxy takes nodes for up until the first check has failed; this waits for an answer. */
  private static void awaitUp(int ingest) {
    await()
        .until(() -> {
          try (RawHttp http = from(ingest, "192.0.2.99")) {
            return http.get("/health", "").status() == 200;
          }
        });
  }

  private static RawHttp from(int port, String address) {
    return new RawHttp(port).send(ProxyHeaders.v1(address));
  }

  private static Socket connected(int port) throws Exception {
    return new Socket(InetAddress.getLoopbackAddress(), port);
  }

  private static long handshakes(SluiceProcess sluice, String port) throws Exception {
    String sample = "sluice_tls_handshakes_total{port=\"" + port + "\",result=\"ok\"} ";
    return sluice
        .get("admin", "/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(sample))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(sample.length())))
        .sum();
  }
}
