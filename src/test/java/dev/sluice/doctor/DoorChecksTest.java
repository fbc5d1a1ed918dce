package dev.sluice.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.TestCertificates;
import dev.sluice.testing.TokenFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DoorChecksTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1, false, false, OK",
    "localhost, true, false, OK",
    "0.0.0.0, true, false, ADVICE",
    "0.0.0.0, false, true, OK",
    "0.0.0.0, false, false, BROKEN",
    "no-such-host.invalid, false, false, BROKEN"
  })
  void judgesWhoMayReachThePort(String host, boolean everybody, boolean tokens, Level level) {
    assertThat(
            findings(host, everybody, tokens ? Optional.of(tokens("rw-------")) : Optional.empty())
                .getFirst())
        .satisfies(finding -> {
          assertThat(finding.check().name()).isEqualTo("ingest.host");
          assertThat(finding.level()).isEqualTo(level);
        });
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1, false, false, OK",
    "0.0.0.0, false, true, OK",
    "0.0.0.0, true, false, ADVICE",
    "0.0.0.0, false, false, BROKEN",
    "no.such.host.invalid, false, false, BROKEN"
  })
  void judgesWhoMaySendDatagrams(String host, boolean everybody, boolean allows, Level level) {
    List<Finding> findings =
        new DoorChecks(
                Configs.doors("127.0.0.1", everybody, Optional.empty(), 8080),
                Optional.of(new DoctorConfig.Udp(host, 4 << 20, allows)),
                InstantSource.system())
            .findings();

    assertThat(findings.getLast())
        .satisfies(finding -> {
          assertThat(finding.check().name()).isEqualTo("udp.host");
          assertThat(finding.level()).isEqualTo(level);
          assertThat(finding.mend().isEmpty()).isEqualTo(level == Level.OK);
        });
  }

  @ParameterizedTest
  @CsvSource({
    "rw-------, OK",
    "r--------, OK",
    "rw-r-----, ADVICE",
    "rw-r--r--, ADVICE",
    "rw-rw----, BROKEN",
    "rw-r--rw-, BROKEN",
    "rw--w----, BROKEN"
  })
  void judgesTheModeOfTheTokensFile(String mode, Level level) {
    List<Finding> findings = findings("127.0.0.1", false, Optional.of(tokens(mode)));

    assertThat(findings.getLast())
        .satisfies(finding -> {
          assertThat(finding.check().name()).isEqualTo("auth.tokens-file");
          assertThat(finding.level()).isEqualTo(level);
          assertThat(finding.mend().isEmpty()).isEqualTo(level == Level.OK);
        });
  }

  @ParameterizedTest
  @CsvSource({
    "90, rw-------, OK, valid until",
    "13, rw-------, ADVICE, valid until",
    "-1, rw-------, BROKEN, expired at",
    "90, rw-r--r--, BROKEN, chmod 600"
  })
  void judgesHowLongTheCertificateIsValidAndWhoMayReadItsKey(
      int days, String mode, Level level, String seen) throws IOException {
    Instant now = Instant.now();
    TestCertificates server =
        TestCertificates.authority("ca")
            .issue("server", now.minus(Duration.ofDays(100)), now.plus(Duration.ofDays(days)));
    Path cert = server.writeChain(folder.resolve("tls.pem"));
    Path key = server.writeKey(folder.resolve("tls.key"));
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString(mode));

    List<Finding> findings =
        new DoorChecks(Configs.encrypted(cert, key), Optional.empty(), InstantSource.system())
            .findings();

    assertThat(findings.getLast())
        .satisfies(finding -> {
          assertThat(finding.check().name()).isEqualTo("tls.cert");
          assertThat(finding.level()).isEqualTo(level);
          assertThat(finding.seen()).contains(seen);
          assertThat(finding.mend().isEmpty()).isEqualTo(level == Level.OK);
        });
  }

  @ParameterizedTest
  @CsvSource({"127.0.0.1, OK", "0.0.0.0, ADVICE"})
  void advisesToEncryptMqttThatOthersCanReach(String host, Level level) {
    List<Finding> findings =
        new DoorChecks(
                Configs.mqtt(host, tokens("rw-------")), Optional.empty(), InstantSource.system())
            .findings();

    assertThat(findings)
        .filteredOn(finding -> finding.check().name().startsWith("mqtt"))
        .extracting(Finding::level)
        .containsExactly(Level.OK, level);
  }

  @Test
  void findsATokensFileThatIsNotThere() {
    assertThat(findings("127.0.0.1", false, Optional.of(folder.resolve("none"))).getLast().level())
        .isEqualTo(Level.BROKEN);
  }

  @Test
  void findsATokensFileThatSluiceWouldRefuse() {
    Path file = TokenFiles.replace(folder.resolve("tokens"), "sha256:12 write\n", "rw-------");

    assertThat(findings("127.0.0.1", false, Optional.of(file)).getLast())
        .satisfies(finding -> {
          assertThat(finding.level()).isEqualTo(Level.BROKEN);
          assertThat(finding.seen()).contains(file + ":1: the hash has 2 characters");
        });
  }

  private Path tokens(String mode) {
    return TokenFiles.replace(folder.resolve("tokens"), TokenFiles.line("a", "write") + "\n", mode);
  }

  private static List<Finding> findings(String host, boolean everybody, Optional<Path> tokens) {
    return new DoorChecks(
            Configs.doors(host, everybody, tokens, 8080), Optional.empty(), InstantSource.system())
        .findings();
  }
}
