package dev.sluice;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.testing.ServeFixture;
import dev.sluice.testing.SluiceProcess;
import dev.sluice.testing.TestCertificates;
import dev.sluice.testing.TestJava;
import dev.sluice.testing.TokenFiles;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The production jar with certificates, and the clients that people have. */
@Tag("long")
class TlsIT {
  private static final String LINE = "temp,device=s-17 value=21.5 1795300000\n";

  @TempDir Path directory;
  private final TestCertificates authority = TestCertificates.authority("fleet-ca");
  private final TestCertificates server = authority.issue("sluice");
  private final TestCertificates operator = authority.issue("ops");
  private Path cert;
  private Path key;
  private Path ca;
  private List<String> settings = List.of();

  @BeforeEach
  void migrate() {
    cert = server.writeChain(directory.resolve("tls.pem"));
    key = server.writeKey(directory.resolve("tls.key"));
    ca = server.writeAuthority(directory.resolve("ca.pem"));
    settings =
        List.of(
            "data.dir=" + directory.resolve("data"),
            "ingest.port=0",
            "admin.port=0",
            "questdb.console-port=0",
            "questdb.pg-port=0",
            "cutover.initial-phase=retired",
            "tls.cert=" + cert,
            "tls.key=" + key,
            "tls.reload-interval=1s");
    ServeFixture.migrate(settings);
  }

  @Test
  void servesCurl() throws Exception {
    requireTool("curl");
    try (SluiceProcess sluice = start()) {
      assertThat(sluice.url("ingest").getScheme()).isEqualTo("https");
      String url = sluice.url("ingest") + "/write?precision=s";
      for (String version : List.of("--tls-max 1.2", "--tlsv1.3")) {
        List<String> line = new ArrayList<>(List.of("curl", "-sS", "--cacert", ca.toString()));
        line.addAll(List.of(version.split(" ")));
        line.addAll(List.of("--data-binary", LINE, "-w", "%{http_code} %{http_version}", url, url));
        assertThat(run(line).out()).isEqualTo("204 1.1204 1.1");
      }
      assertThat(run("curl", "-sS", url).err()).contains("certificate");
      assertThat(run("curl", "-sS", url.replace("https", "http")).out()).contains("https://");
    }
  }

  @Test
  void resumesSessionsOfOpenssl() throws Exception {
    requireTool("openssl");
    try (SluiceProcess sluice = start()) {
      String to = "127.0.0.1:" + sluice.url("ingest").getPort();
      Outcome reconnected =
          run(
              "openssl",
              "s_client",
              "-connect",
              to,
              "-CAfile",
              ca.toString(),
              "-tls1_2",
              "-reconnect");
      assertThat(reconnected.out()).contains("Verify return code: 0", "New, TLSv1.2");
      assertThat(reconnected.out().split("Reused, TLSv1.2", -1)).hasSize(6);
      // A ticket of TLS 1.3 comes after the handshake: with the answer to a request.
      Path session = directory.resolve("session");
      Outcome first =
          runWith(
              "GET /ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
              List.of(
                  "openssl",
                  "s_client",
                  "-connect",
                  to,
                  "-tls1_3",
                  "-ign_eof",
                  "-sess_out",
                  session.toString()));
      assertThat(first.out()).contains("New, TLSv1.3", "204 No Content");
      Outcome second =
          runWith(
              "GET /ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
              List.of(
                  "openssl",
                  "s_client",
                  "-connect",
                  to,
                  "-tls1_3",
                  "-ign_eof",
                  "-sess_in",
                  session.toString()));
      assertThat(second.out()).contains("Reused, TLSv1.3", "204 No Content");
      assertThat(run("openssl", "s_client", "-connect", to, "-tls1_1").out())
          .contains("Cipher is (NONE)");
    }
  }

  @Test
  void servesNode() throws Exception {
    requireTool("node");
    String script =
        """
        const https = require('https');
        const agent = new https.Agent({keepAlive: true, maxSockets: 1});
        let port;
        const send = left => {
          const request = https.request(process.argv[1], {method: 'POST', agent,
            ca: require('fs').readFileSync(process.argv[2]), headers: {Expect: '100-continue'}},
            answer => {
              console.log(answer.statusCode, answer.socket.getProtocol(),
                (port ??= answer.socket.localPort) === answer.socket.localPort);
              answer.resume();
              answer.on('end', () => left > 1 ? send(left - 1) : agent.destroy());
            });
          request.on('continue', () => request.end('temp,device=n value=1'));
          request.on('error', e => console.log(e.message));
        };
        send(3);
        """;
    try (SluiceProcess sluice = start()) {
      Outcome outcome = run("node", "-e", script, sluice.url("ingest") + "/write", ca.toString());
      assertThat(outcome.out().lines())
          .as(outcome.err())
          .containsExactly("204 TLSv1.3 true", "204 TLSv1.3 true", "204 TLSv1.3 true");
    }
  }

  @Test
  void replacesItsCertificateWithoutLosingARequest() throws Exception {
    try (SluiceProcess sluice = start()) {
      AtomicBoolean stop = new AtomicBoolean();
      AtomicInteger served = new AtomicInteger();
      List<String> failures = new ArrayList<>();
      Thread sender =
          Thread.ofPlatform()
              .start(() -> {
                while (!stop.get()) {
                  try {
                    HttpResponse<String> answer =
                        sluice.post("/write?precision=s", "text/plain", LINE);
                    if (answer.statusCode() == 204) {
                      served.incrementAndGet();
                    } else {
                      failures.add(answer.body());
                    }
                  } catch (IOException | InterruptedException e) {
                    failures.add(e.toString());
                  }
                }
              });
      for (int i = 1; i <= 3; i++) {
        String reloads = "sluice_tls_reloads_total " + i + ".0";
        TestCertificates next = authority.issue("sluice");
        next.writeChain(cert);
        next.writeKey(key);
        await().atMost(Duration.ofMinutes(1)).until(() -> metrics(sluice).contains(reloads));
      }
      int before = served.get();
      await().until(() -> served.get() > before);
      stop.set(true);
      sender.join();

      assertThat(failures).isEmpty();
      assertThat(metrics(sluice))
          .contains(
              "sluice_tls_files_ok 1.0",
              "sluice_tls_certificate_expiry_timestamp_seconds",
              "sluice_tls_handshakes_total{port=\"ingest\",result=\"ok\"}");
    }
  }

  @Test
  void letsOperatorsInByTheirCertificateOnly() throws Exception {
    List<String> mutual = new ArrayList<>(settings);
    mutual.add("tls.client-ca=" + ca);
    Path ops = operator.writeChain(directory.resolve("ops.pem"));
    Path opsKey = operator.writeKey(directory.resolve("ops.key"));
    try (SluiceProcess sluice = SluiceProcess.start(directory, "serve", mutual)) {
      String admin = sluice.url("admin").toString();

      Command plain = command("status", "--url", admin, "--ca", ca.toString());
      assertThat(plain.exit()).isEqualTo(1);
      assertThat(plain.err()).contains("no encrypted connection to", "--cert");

      Command shown =
          command(
              "status",
              "--url",
              admin,
              "--ca",
              ca.toString(),
              "--cert",
              ops.toString(),
              "--key",
              opsKey.toString());
      assertThat(shown.err()).isEmpty();
      assertThat(shown.out()).contains("retired");

      sluice.with(authority.client());
      assertThat(sluice.post("/write?precision=s", "text/plain", LINE).statusCode()).isEqualTo(204);
    }
  }

  @Test
  void letsACertificateOfTheTokensFileDoWhatItsLineSaysAndRecordsItByName() throws Exception {
    TestCertificates gateway = authority.issue("a name that nobody goes by");
    Path tokens =
        TokenFiles.write(
            directory.resolve("tokens"),
            "cert:sha256:" + fingerprint(gateway) + " write name=gw",
            "cert:sha256:" + fingerprint(operator) + " admin name=ops");
    List<String> mutual = new ArrayList<>(settings);
    mutual.addAll(
        List.of("tls.client-ca=" + ca, "tls.client-auth=optional", "auth.tokens-file=" + tokens));
    try (SluiceProcess sluice = SluiceProcess.start(directory, "serve", mutual)) {
      sluice.with(authority.client(gateway));
      assertThat(sluice.post("/write?precision=s", "text/plain", LINE).statusCode()).isEqualTo(204);
      HttpResponse<String> forbidden = sluice.get("admin", "/v1/status");
      assertThat(forbidden.statusCode()).isEqualTo(403);
      assertThat(forbidden.body()).contains("this certificate has scope write, needed is");

      sluice.with(authority.client(authority.issue("ops")));
      assertThat(sluice.post("/write?precision=s", "text/plain", LINE).statusCode()).isEqualTo(401);

      sluice.with(authority.client());
      assertThat(sluice.post("/write?precision=s", "text/plain", LINE).statusCode()).isEqualTo(401);

      sluice.with(authority.client(operator));
      assertThat(sluice.post("/write?precision=s", "text/plain", LINE).statusCode()).isEqualTo(403);
      assertThat(sluice.get("admin", "/v1/status").statusCode()).isEqualTo(200);
      Command retire =
          command(
              "fleet",
              "retire",
              "nobody",
              "--url",
              sluice.url("admin").toString(),
              "--ca",
              ca.toString(),
              "--cert",
              operator.writeChain(directory.resolve("ops.pem")).toString(),
              "--key",
              operator.writeKey(directory.resolve("ops.key")).toString());
      assertThat(retire.err()).contains("device \"nobody\" is not known");
    }
    String audit = Files.readString(directory.resolve("data/audit.ndjson"));
    assertThat(audit)
        .contains("\"who\":{\"kind\":\"certificate\",\"name\":\"ops\"}", "\"path\":\"/v1/fleet\"")
        .contains("\"event\":\"refused\"", "\"names\":{\"gw\":1}")
        .doesNotContain("nobody goes by");
  }

  private static String fingerprint(TestCertificates shown) throws Exception {
    return TokenFiles.hash(shown.certificate().getEncoded());
  }

  @Test
  void isReachedByItsOwnCommandsWithoutFurtherWords() throws Exception {
    try (SluiceProcess sluice = start()) {
      String port = "admin.port=" + sluice.url("admin").getPort();

      Command status =
          command("status", "--set", port, "--set", "tls.cert=" + cert, "--set", "tls.key=" + key);
      assertThat(status.err()).isEmpty();
      assertThat(status.out()).contains("retired");

      Command doctor =
          command(
              "doctor",
              "--json",
              "--set",
              port,
              "--set",
              "tls.cert=" + cert,
              "--set",
              "tls.key=" + key);
      assertThat(doctor.out()).contains("\"tls.cert\"", "valid until");

      Command bench =
          command(
              "bench",
              "--url",
              sluice.url("ingest").toString(),
              "--ca",
              ca.toString(),
              "--connections",
              "4",
              "--duration",
              "1s");
      assertThat(bench.exit()).as(bench.err()).isZero();

      Command stranger = command("bench", "--url", sluice.url("ingest").toString());
      assertThat(stranger.exit()).isEqualTo(1);
      assertThat(stranger.err()).contains("--ca");
    }
  }

  @Test
  void doesNotStartWithAKeyThatOthersMayRead() throws Exception {
    Files.setPosixFilePermissions(
        key, java.nio.file.attribute.PosixFilePermissions.fromString("rw-r--r--"));
    try (SluiceProcess sluice = SluiceProcess.launch(directory, "serve", settings)) {
      assertThat(sluice.awaitExit(Duration.ofMinutes(1))).isEqualTo(1);
      assertThat(sluice.log()).contains("Sluice cannot start: tls.key", "chmod 600");
    }
  }

  private SluiceProcess start() {
    return SluiceProcess.start(directory, "serve", settings).with(authority.client());
  }

  private static String metrics(SluiceProcess sluice) throws IOException, InterruptedException {
    return sluice.get("admin", "/metrics").body();
  }

  /** A command of the jar, in a process of its own: what it prints and how it ends. */
  private record Command(int exit, String out, String err) {}

  private Command command(String... words) throws Exception {
    List<String> line = TestJava.command();
    line.addAll(List.of("-jar", System.getProperty("sluice.jar", "target/sluice.jar")));
    line.addAll(List.of(words));
    Outcome outcome = run(line);
    return new Command(outcome.exit(), outcome.out(), outcome.err());
  }

  private record Outcome(int exit, String out, String err) {}

  private Outcome run(String... line) throws Exception {
    return run(List.of(line));
  }

  private Outcome run(List<String> line) throws Exception {
    return runWith("", line);
  }

  private Outcome runWith(String input, List<String> line) throws Exception {
    Path in = Files.writeString(directory.resolve("in"), input);
    Path out = directory.resolve("out");
    Path err = directory.resolve("err");
    Process process =
        new ProcessBuilder(line)
            .redirectInput(in.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(line.toString()).isTrue();
    } finally {
      process.destroyForcibly();
    }
    return new Outcome(
        process.exitValue(), Files.readString(out, UTF_8), Files.readString(err, UTF_8));
  }

  /** Skips the test, saying so, where this program is missing. */
  private static void requireTool(String name) {
    boolean there =
        List.of(System.getenv("PATH").split(":")).stream()
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, name)));
    if (!there) {
      System.err.println("SKIPPED: " + name + " is not installed, so TLS is not tried with it");
    }
    assumeTrue(there, name + " is not installed");
  }
}
