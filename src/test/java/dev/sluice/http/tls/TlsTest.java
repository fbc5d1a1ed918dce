package dev.sluice.http.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.testing.TestCertificates;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a running Sluice makes of files that change. */
class TlsTest {
  private final Instant expiry =
      Instant.now().plus(Duration.ofDays(300)).truncatedTo(ChronoUnit.SECONDS);

  private final TestCertificates authority = TestCertificates.authority("ca");
  private final TestCertificates first = authority.issue("first");

  /** Recognised by when it expires. */
  private final TestCertificates second =
      authority.issue("second", Instant.now().minusSeconds(60), expiry);

  @TempDir private Path folder;
  private Path cert;
  private Path key;
  private Tls tls;

  @BeforeEach
  void open() throws Exception {
    cert = first.writeChain(folder.resolve("tls.pem"));
    key = first.writeKey(folder.resolve("tls.key"));
    tls = start(config(cert, key));
  }

  @AfterEach
  void close() {
    tls.close();
  }

  @Test
  void takesACertificateAndLaterItsKey() {
    second.writeChain(cert);
    await().until(() -> tls.status().fault().isPresent());
    assertThat(tls.status().fault().orElseThrow()).contains("is not the private key");
    assertThat(tls.status().reloads()).isZero();

    second.writeKey(key);
    awaitSecond(tls);
    assertThat(tls.status().reloads()).isEqualTo(1);
    assertThat(tls.status().loadedAt()).isAfter(Instant.now().minusSeconds(60));
  }

  @Test
  void takesAKeyAndLaterItsCertificate() {
    second.writeKey(key);
    await().until(() -> tls.status().failures() > 2);
    assertThat(tls.status().notAfter()).isEqualTo(first.certificate().getNotAfter().toInstant());

    second.writeChain(cert);
    awaitSecond(tls);
  }

  @Test
  void takesFilesThatAreWrittenInPlace() throws Exception {
    Files.writeString(cert, second.chainPem());
    Files.writeString(key, second.keyPem());

    awaitSecond(tls);
  }

  @Test
  void followsALinkToAnotherFolder() throws Exception {
    Path one = Files.createDirectory(folder.resolve("..one"));
    Path two = Files.createDirectory(folder.resolve("..two"));
    first.writeChain(one.resolve("tls.crt"));
    first.writeKey(one.resolve("tls.key"));
    second.writeChain(two.resolve("tls.crt"));
    second.writeKey(two.resolve("tls.key"));
    Path data = Files.createSymbolicLink(folder.resolve("..data"), one.getFileName());
    Path linkedCert =
        Files.createSymbolicLink(folder.resolve("tls.crt"), Path.of("..data/tls.crt"));
    Path linkedKey =
        Files.createSymbolicLink(folder.resolve("link.key"), Path.of("..data/tls.key"));

    try (Tls linked = start(config(linkedCert, linkedKey))) {
      Path next = Files.createSymbolicLink(folder.resolve("..next"), two.getFileName());
      Files.move(next, data, StandardCopyOption.ATOMIC_MOVE);

      awaitSecond(linked);
      assertThat(linked.status().failures()).isZero();
    }
  }

  @Test
  void keepsWhatItHasWhenFilesCannotBeUsed() throws Exception {
    Files.delete(cert);
    awaitFault("tls.cert cannot be read");

    TestCertificates.write(cert, first.chainPem().substring(0, 100));
    awaitFault("is the file complete?");

    Instant now = Instant.now();
    TestCertificates expired =
        authority.issue("late", now.minus(Duration.ofDays(2)), now.minus(Duration.ofDays(1)));
    expired.writeKey(key);
    expired.writeChain(cert);
    awaitFault("certificate 1 is valid from");

    first.writeKey(key);
    first.writeChain(cert);
    await().until(() -> tls.status().fault().isEmpty());
    assertThat(tls.status().reloads()).isZero();
    assertThat(tls.status().failures()).isGreaterThan(2);
  }

  /** Each reason is logged once, so the same one must always read the same. */
  @Test
  void saysTheSameOfAnExpiredCertificateEachTimeItLooks() {
    Instant now = Instant.now();
    TestCertificates expired =
        authority.issue("late", now.minus(Duration.ofDays(2)), now.minus(Duration.ofDays(1)));
    expired.writeKey(key);
    expired.writeChain(cert);
    awaitFault("certificate 1 is valid from");
    TlsStatus before = tls.status();

    await().until(() -> tls.status().failures() > before.failures() + 1);
    assertThat(tls.status().fault()).isEqualTo(before.fault());
  }

  @Test
  void refusesAKeyThatHasBecomeReadableForOthers() throws Exception {
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
    awaitFault("chmod 600");

    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
    await().until(() -> tls.status().fault().isEmpty());
  }

  @Test
  void startsWithAnExpiredCertificateButNotWithoutAKey() throws Exception {
    Instant now = Instant.now();
    TestCertificates expired =
        authority.issue("late", now.minus(Duration.ofDays(2)), now.minus(Duration.ofDays(1)));
    expired.writeChain(cert);
    expired.writeKey(key);
    try (Tls late = start(config(cert, key))) {
      assertThat(late.status().notAfter()).isBefore(now);
    }

    Files.delete(key);
    assertThatThrownBy(() -> start(config(cert, key)))
        .isInstanceOf(UnusableException.class)
        .hasMessageContaining("tls.key cannot be read");
  }

  private void awaitFault(String words) {
    await().until(() -> tls.status().fault().orElse("").contains(words));
  }

  private void awaitSecond(Tls tls) {
    await()
        .untilAsserted(() -> {
          assertThat(tls.status().notAfter()).isEqualTo(expiry);
          assertThat(tls.status().fault()).isEmpty();
        });
  }

  private static Tls start(TlsConfig config) throws UnusableException {
    Tls tls = Tls.open(config, InstantSource.system());
    tls.start();
    return tls;
  }

  private static TlsConfig config(Path cert, Path key) {
    return new TlsConfig(
        cert,
        key,
        Optional.empty(),
        TlsConfig.ClientAuth.NONE,
        TlsConfig.Version.TLS_1_2,
        Duration.ofMillis(20));
  }
}
