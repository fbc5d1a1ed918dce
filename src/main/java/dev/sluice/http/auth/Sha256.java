package dev.sluice.http.auth;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A SHA-256 hash, as a key. Immutable. */
record Sha256(long first, long second, long third, long fourth) {
  /** Hex digits of a hash. */
  static final int DIGITS = 64;

  /** Hashes these bytes. */
  static Sha256 of(byte[] bytes) {
    try {
      return ofHash(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  /**
   * The hash that is written like this.
   *
   * @param hex 64 hex digits
   * @throws IllegalArgumentException if it is anything else
   */
  static Sha256 ofHex(String hex) {
    if (hex.length() != DIGITS) {
      throw new IllegalArgumentException(
          "the hash has " + hex.length() + " characters, expected 64 hex digits");
    }
    return ofHash(HexFormat.of().parseHex(hex));
  }

  private static Sha256 ofHash(byte[] hash) {
    ByteBuffer in = ByteBuffer.wrap(hash);
    return new Sha256(in.getLong(), in.getLong(), in.getLong(), in.getLong());
  }

  /** The first 8 hex digits: enough to tell hashes apart, and not enough to guess any. */
  String shortened() {
    return HexFormat.of().toHexDigits(first).substring(0, 8);
  }
}
