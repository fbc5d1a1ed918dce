package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.TestCertificates;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How commands reach an admin port that speaks TLS, and which they do not trust. */
class EncryptedAdminTest {
  private static final String ANSWER = "{\"phase\":\"mirror\"}";

  private final TestCertificates authority = TestCertificates.authority("ca");
  private final TestCertificates server = authority.issue("sluice");

  @TempDir private Path folder;
  private CannedAdmin admin;
  private CommandRun command;
  private String url;
  private String ca;

  @BeforeEach
  void start() throws IOException {
    admin = CannedAdmin.over(authority.client(server)).on("GET /v1/status", 200, ANSWER);
    command = new CommandRun(admin.port());
    url = "https://127.0.0.1:" + admin.port();
    ca = server.writeAuthority(folder.resolve("ca.pem")).toString();
  }

  @AfterEach
  void stop() {
    admin.close();
  }

  @Test
  void trustsTheServerThatHasTheCertificateOfTheSettings() {
    assertThat(run(local(server))).as(command.err()).isZero();
    assertThat(command.out()).isEqualTo(ANSWER + "\n");
  }

  @Test
  void trustsNoOtherServerEvenOfTheSameAuthority() {
    assertThat(run(local(authority.issue("sluice")))).isEqualTo(Cli.FAILED);
    assertThat(command.err()).contains("another certificate than the one in tls.cert");
    assertThat(command.out()).isEmpty();
  }

  @Test
  void trustsWhomTheNamedAuthorityHasIssuedACertificate() {
    assertThat(run("--url", url, "--ca", ca)).as(command.err()).isZero();

    String other =
        TestCertificates.authority("other").writeAuthority(folder.resolve("b.pem")).toString();
    assertThat(run("--url", url, "--ca", other)).isEqualTo(Cli.FAILED);
    assertThat(command.err()).contains("no encrypted connection to " + url, "--ca");
    assertThat(run("--url", url)).isEqualTo(Cli.FAILED);
  }

  @Test
  void refusesOptionsThatDoNotFit() {
    assertThat(run("--url", url, "--cert", ca)).isEqualTo(Cli.USAGE);
    assertThat(command.err()).contains("--cert and --key need each other");
    assertThat(run("--url", "ftp://127.0.0.1")).isEqualTo(Cli.USAGE);
    assertThat(command.err()).contains("allowed is http://HOST:PORT or https://HOST:PORT");
    assertThat(run("--url", url, "--ca", folder.resolve("none.pem").toString()))
        .isEqualTo(Cli.FAILED);
    assertThat(command.err()).contains("--ca cannot be read");
  }

  private String[] local(TestCertificates known) {
    return new String[] {
      "--set", "tls.cert=" + known.writeChain(folder.resolve("tls.pem")),
      "--set", "tls.key=" + folder.resolve("not-for-commands.key")
    };
  }

  private int run(String... options) {
    String[] words = new String[options.length + 2];
    words[0] = "status";
    words[1] = "--json";
    System.arraycopy(options, 0, words, 2, options.length);
    return command.run(words);
  }
}
