package dev.sluice.testing;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A certificate with its key and issuers, made by this test: DER (X.690) written by hand, because
 * the JDK reads certificates but has no public way to make one. All are for servers and clients
 * alike, and name 127.0.0.1 and localhost. Immutable.
 *
 * @param chain this one first, its issuers after it
 */
public record TestCertificates(List<X509Certificate> chain, KeyPair keys) {
  private static final AtomicLong SERIAL = new AtomicLong(System.nanoTime());
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);
  private static final Duration LIFE = Duration.ofDays(90);
  private static final char[] PASSWORD = "irrelevant".toCharArray();

  /** A certificate authority, which nobody has issued. */
  public static TestCertificates authority(String name) {
    KeyPair keys = keys("EC", 256);
    Instant now = Instant.now();
    return new TestCertificates(
        List.of(certificate(name, keys, name, keys, now.minusSeconds(60), now.plus(LIFE), true)),
        keys);
  }

  /** One issued by this authority, valid from a minute ago for 90 days. */
  public TestCertificates issue(String name) {
    return issue(name, keys("EC", 256));
  }

  /** Likewise, for these keys. */
  public TestCertificates issue(String name, KeyPair forKeys) {
    Instant now = Instant.now();
    return issue(name, forKeys, now.minusSeconds(60), now.plus(LIFE), false);
  }

  /** Likewise, valid for this time. */
  public TestCertificates issue(String name, Instant from, Instant to) {
    return issue(name, keys("EC", 256), from, to, false);
  }

  /** An authority that this one vouches for. */
  public TestCertificates intermediate(String name) {
    Instant now = Instant.now();
    return issue(name, keys("EC", 256), now.minusSeconds(60), now.plus(LIFE), true);
  }

  private TestCertificates issue(
      String name, KeyPair forKeys, Instant from, Instant to, boolean authority) {
    String issuer = chain.getFirst().getSubjectX500Principal().getName().substring(3);
    X509Certificate issued = certificate(name, forKeys, issuer, keys, from, to, authority);
    return new TestCertificates(Stream.concat(Stream.of(issued), chain.stream()).toList(), forKeys);
  }

  /** A new pair of keys: RSA with so many bits, EC over P-256. */
  public static KeyPair keys(String algorithm, int bits) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
      generator.initialize(bits);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  public X509Certificate certificate() {
    return chain.getFirst();
  }

  /** The certificate and its issuers, without the last, which clients have. */
  public String chainPem() {
    return chain.stream()
        .limit(Math.max(1, chain.size() - 1))
        .map(TestCertificates::pem)
        .collect(Collectors.joining());
  }

  public String keyPem() {
    return pem("PRIVATE KEY", keys.getPrivate().getEncoded());
  }

  public static String pem(X509Certificate certificate) {
    try {
      return pem("CERTIFICATE", certificate.getEncoded());
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  public static String pem(String label, byte[] der) {
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
        .formatted(label, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der), label);
  }

  /** Writes the chain to a file, which appears at once. */
  public Path writeChain(Path file) {
    return write(file, chainPem());
  }

  /** Writes the key to a file that only its owner may read, which appears at once. */
  public Path writeKey(Path file) {
    return write(file, keyPem());
  }

  /** Writes the last issuer to a file. */
  public Path writeAuthority(Path file) {
    return write(file, pem(chain.getLast()));
  }

  /** Puts a file with this text, that only its owner may read, in the place of any other. */
  public static Path write(Path file, String text) {
    try {
      Path next = file.resolveSibling(file.getFileName() + ".next");
      Files.writeString(next, text, StandardCharsets.US_ASCII);
      Files.setPosixFilePermissions(next, PosixFilePermissions.fromString("rw-------"));
      return Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A client's context that trusts only this authority, and shows nothing. */
  public SSLContext client() {
    return client(null);
  }

  /** A client's context that trusts only this authority, and shows {@code shown} unless null. */
  public SSLContext client(TestCertificates shown) {
    try {
      KeyStore trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, null);
      trusted.setCertificateEntry("ca", chain.getLast());
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          shown == null ? null : shown.keyManagers().getKeyManagers(),
          trust.getTrustManagers(),
          null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new AssertionError(e);
    }
  }

  private KeyManagerFactory keyManagers() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry("me", keys.getPrivate(), PASSWORD, chain.toArray(Certificate[]::new));
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, PASSWORD);
    return factory;
  }

  private static X509Certificate certificate(
      String subject,
      KeyPair keys,
      String issuer,
      KeyPair issuerKeys,
      Instant from,
      Instant to,
      boolean authority) {
    try {
      boolean rsa = issuerKeys.getPrivate().getAlgorithm().equals("RSA");
      byte[] algorithm =
          rsa
              ? der(0x30, oid(42, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11), der(0x05))
              : der(0x30, oid(42, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2));
      byte[] body =
          der(
              0x30,
              der(0xa0, der(0x02, new byte[] {2})),
              der(0x02, BigInteger.valueOf(SERIAL.incrementAndGet()).toByteArray()),
              algorithm,
              name(issuer),
              der(0x30, time(from), time(to)),
              name(subject),
              keys.getPublic().getEncoded(),
              der(0xa3, der(0x30, extensions(authority))));
      Signature signature = Signature.getInstance(rsa ? "SHA256withRSA" : "SHA256withECDSA");
      signature.initSign(issuerKeys.getPrivate());
      signature.update(body);
      byte[] signed = signature.sign();
      byte[] der = der(0x30, body, algorithm, der(0x03, new byte[] {0}, signed));
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(der));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] extensions(boolean authority) {
    byte[] constraints = extension(19, authority ? der(0x30, der(0x01, bytes(0xff))) : der(0x30));
    if (authority) {
      return constraints;
    }
    byte[] names =
        extension(
            17,
            der(
                0x30,
                der(0x82, "localhost".getBytes(StandardCharsets.US_ASCII)),
                der(0x87, bytes(127, 0, 0, 1))));
    byte[] purposes =
        extension(37, der(0x30, oid(43, 6, 1, 5, 5, 7, 3, 1), oid(43, 6, 1, 5, 5, 7, 3, 2)));
    return concat(constraints, names, purposes);
  }

  private static byte[] extension(int number, byte[] value) {
    return der(0x30, oid(85, 29, number), der(0x04, value));
  }

  private static byte[] name(String commonName) {
    byte[] text = commonName.getBytes(StandardCharsets.UTF_8);
    return der(0x30, der(0x31, der(0x30, oid(85, 4, 3), der(0x0c, text))));
  }

  private static byte[] time(Instant instant) {
    return der(0x18, TIME.format(instant).getBytes(StandardCharsets.US_ASCII));
  }

  private static byte[] oid(int... bytes) {
    return der(0x06, bytes(bytes));
  }

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  private static byte[] der(int tag, byte[]... parts) {
    byte[] content = concat(parts);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    if (content.length < 0x80) {
      out.write(content.length);
    } else {
      byte[] length = BigInteger.valueOf(content.length).toByteArray();
      int skip = length[0] == 0 ? 1 : 0;
      out.write(0x80 | (length.length - skip));
      out.write(length, skip, length.length - skip);
    }
    out.writeBytes(content);
    return out.toByteArray();
  }

  private static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Arrays.stream(parts).forEach(out::writeBytes);
    return out.toByteArray();
  }
}
