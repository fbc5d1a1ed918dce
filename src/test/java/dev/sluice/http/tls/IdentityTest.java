package dev.sluice.http.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.testing.TestCertificates;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which files are taken for TLS, and what is said of the others. */
class IdentityTest {
  private final TestCertificates authority = TestCertificates.authority("ca");
  private final TestCertificates server = authority.issue("server");

  @TempDir private Path folder;
  private Path cert;
  private Path key;
  private Path ca;

  @BeforeEach
  void write() {
    cert = server.writeChain(folder.resolve("tls.pem"));
    key = server.writeKey(folder.resolve("tls.key"));
    ca = server.writeAuthority(folder.resolve("ca.pem"));
  }

  @Test
  void readsAChainWithAnIntermediateAndComments() throws Exception {
    TestCertificates deep = authority.intermediate("between").issue("leaf");
    TestCertificates.write(cert, "subject: leaf\n" + deep.chainPem().replace("\n", "\r\n"));
    deep.writeKey(key);

    Identity identity = read();

    assertThat(identity.chain()).containsExactlyElementsOf(deep.chain().subList(0, 2));
    assertThat(identity.clientCas()).containsExactly(authority.certificate());
    assertThat(identity.notAfter()).isEqualTo(deep.chain().get(1).getNotAfter().toInstant());
  }

  @ParameterizedTest
  @ValueSource(strings = {"EC", "RSA", "Ed25519"})
  void readsKeysOfEachKind(String algorithm) throws Exception {
    KeyPair keys = TestCertificates.keys(algorithm, bits(algorithm));
    TestCertificates issued = authority.issue("server", keys);
    issued.writeChain(cert);
    issued.writeKey(key);

    assertThat(read().key()).isEqualTo(keys.getPrivate());
  }

  @Test
  void readsTheOlderFormsOfKeys() throws Exception {
    KeyPair rsa = TestCertificates.keys("RSA", 2048);
    authority.issue("server", rsa).writeChain(cert);
    TestCertificates.write(key, TestCertificates.pem("RSA PRIVATE KEY", inner(rsa)));
    assertThat(read().key()).isEqualTo(rsa.getPrivate());

    server.writeChain(cert);
    byte[] ignored = {6, 8, 42, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 3, 1, 7};
    TestCertificates.write(
        key,
        TestCertificates.pem("EC PARAMETERS", ignored)
            + TestCertificates.pem("EC PRIVATE KEY", inner(server.keys())));
    assertThat(read().key()).isEqualTo(server.keys().getPrivate());
  }

  @Test
  void refusesAnEncryptedKeySayingHowToDecryptIt() {
    TestCertificates.write(key, server.keyPem().replace("PRIVATE", "ENCRYPTED PRIVATE"));
    assertRefused("is encrypted", "openssl pkey", key.toString());

    TestCertificates.write(
        key,
        server
            .keyPem()
            .replace("PRIVATE", "EC PRIVATE")
            .replace(
                "KEY-----\nM", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0\n\nM"));
    assertRefused("is encrypted");
  }

  @Test
  void refusesAKeyOfAnotherCertificate() {
    authority.issue("other").writeKey(key);
    assertRefused("is not the private key of the first certificate");

    TestCertificates.write(
        key,
        TestCertificates.pem(
            "PRIVATE KEY", TestCertificates.keys("RSA", 2048).getPrivate().getEncoded()));
    assertRefused("no private key of the kind that the certificate has (EC)");
  }

  @Test
  void refusesAKeyThatOthersMayRead() throws Exception {
    for (String mode : new String[] {"rw-r-----", "rw----r--", "rw--w----", "rw-rw-rw-"}) {
      Files.setPosixFilePermissions(key, PosixFilePermissions.fromString(mode));
      assertRefused("mode " + mode, "chmod 600 " + key);
    }
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("r--------"));
    assertThat(read().key()).isEqualTo(server.keys().getPrivate());
  }

  @Test
  void refusesAChainInTheWrongOrder() {
    TestCertificates deep = authority.intermediate("between").issue("leaf");
    deep.writeKey(key);
    TestCertificates.write(
        cert,
        TestCertificates.pem(deep.chain().get(0))
            + TestCertificates.pem(authority.certificate())
            + TestCertificates.pem(deep.chain().get(1)));

    assertRefused("certificate 1 (CN=leaf) is not issued by certificate 2 (CN=ca)");
  }

  @Test
  void refusesFilesThatAreCutOrSomethingElse() {
    String whole = authority.intermediate("between").issue("leaf").chainPem();
    TestCertificates.write(cert, whole.substring(0, whole.length() - 40));
    assertRefused("has 2 PEM blocks, but only 1 with an end", "complete");

    TestCertificates.write(cert, server.chainPem().replaceFirst("MII", "M?I"));
    assertRefused("the block CERTIFICATE is not Base64");

    TestCertificates.write(cert, server.chainPem().replaceFirst("MII", "AAA"));
    assertRefused("certificate 1 cannot be read");

    TestCertificates.write(cert, server.keyPem());
    assertRefused("has no -----BEGIN CERTIFICATE-----");

    server.writeChain(cert);
    TestCertificates.write(key, server.chainPem());
    assertRefused("has no -----BEGIN PRIVATE KEY-----");

    TestCertificates.write(key, server.keyPem() + server.keyPem());
    assertRefused("two private keys");

    server.writeKey(key);
    TestCertificates.write(ca, "");
    assertRefused("tls.client-ca", "has no -----BEGIN CERTIFICATE-----");
  }

  @Test
  void refusesFilesThatAreNotThere() throws Exception {
    Files.delete(ca);
    assertRefused("tls.client-ca cannot be read", "NoSuchFile");

    Files.delete(key);
    assertRefused("tls.key cannot be read", "NoSuchFile");
  }

  @Test
  void saysWhichCertificateIsNotValidNow() throws Exception {
    Instant now = Instant.now();
    authority.issue("server", now.minus(Duration.ofDays(2)), now.minus(Duration.ofDays(1)));
    TestCertificates expired =
        authority.issue("server", now.minus(Duration.ofDays(2)), now.minus(Duration.ofDays(1)));
    expired.writeChain(cert);
    expired.writeKey(key);

    assertThatThrownBy(() -> read().requireCurrent(now, "tls.cert"))
        .isInstanceOf(UnusableException.class)
        .hasMessageContaining("certificate 1 is valid from");
    read().requireCurrent(now.minus(Duration.ofHours(30)), "tls.cert");
  }

  private static int bits(String algorithm) {
    return switch (algorithm) {
      case "RSA" -> 2048;
      case "EC" -> 256;
      default -> 255;
    };
  }

  /** The older form: what PKCS #8 has in its last element. */
  private static byte[] inner(KeyPair keys) {
    byte[] pkcs8 = keys.getPrivate().getEncoded();
    byte[] lead = keys.getPrivate().getAlgorithm().equals("RSA") ? new byte[4] : new byte[2];
    // version, algorithm, then an octet string that reaches to the end
    for (int at = 0; at < 64; at++) {
      if (pkcs8[at] == 4 && at + lead.length + length(pkcs8, at + 1) == pkcs8.length) {
        return Arrays.copyOfRange(pkcs8, at + lead.length, pkcs8.length);
      }
    }
    throw new AssertionError("no octet string");
  }

  private static int length(byte[] der, int at) {
    return (der[at] & 0xff) == 0x82
        ? (der[at + 1] & 0xff) << 8 | (der[at + 2] & 0xff)
        : der[at] & 0xff;
  }

  private Identity read() throws UnusableException {
    TlsConfig config =
        new TlsConfig(
            cert,
            key,
            Optional.of(ca),
            TlsConfig.ClientAuth.NONE,
            TlsConfig.Version.TLS_1_2,
            Duration.ofSeconds(10));
    return Identity.of(config, TlsFiles.read(config));
  }

  private void assertRefused(String... words) {
    assertThatThrownBy(this::read)
        .isInstanceOf(UnusableException.class)
        .hasMessageContainingAll(words);
  }
}
