package dev.sluice.http.auth;

import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.HexFormat;

/** A SHA-256 hash, as a key. Immutable. */
public record Sha256(long first, long second, long third, long fourth) {
  /** Hex digits of a hash. */
  private static final int DIGITS = 64;

  private static final HexFormat HEX = HexFormat.of();

  /** Hashes a token. */
  public static Sha256 of(String token) {
    return of(token.getBytes(StandardCharsets.UTF_8));
  }

  /** Hashes a certificate's DER form. */
  public static Sha256 of(byte[] bytes) {
    try {
      return ofHash(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  /**
   * Reads a certificate.
   *
   * @param in a certificate in PEM or DER form
   * @throws CertificateException if it is none
   */
  public static Sha256 ofCertificate(InputStream in) throws CertificateException {
    return of(CertificateFactory.getInstance("X.509").generateCertificate(in).getEncoded());
  }

  /**
   * The hash that is written like this.
   *
   * @param hex 64 hex digits
   * @throws IllegalArgumentException if it is anything else; the message does not quote it
   */
  static Sha256 ofHex(String hex) {
    if (hex.length() != DIGITS || !hex.chars().allMatch(HexFormat::isHexDigit)) {
      throw new IllegalArgumentException(
          "the hash has " + hex.length() + " characters, expected 64 hex digits");
    }
    return ofHash(HEX.parseHex(hex));
  }

  private static Sha256 ofHash(byte[] hash) {
    ByteBuffer in = ByteBuffer.wrap(hash);
    return new Sha256(in.getLong(), in.getLong(), in.getLong(), in.getLong());
  }

  /** All 64 hex digits. */
  String hex() {
    return HEX.toHexDigits(first)
        + HEX.toHexDigits(second)
        + HEX.toHexDigits(third)
        + HEX.toHexDigits(fourth);
  }

  /** The first 8 hex digits: enough to tell hashes apart. */
  String shortened() {
    return HEX.toHexDigits(first).substring(0, 8);
  }
}
