package dev.sluice.admin.web;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;

/**
 * One file of the page. Immutable.
 *
 * @param type its {@code Content-Type}
 * @param bytes not to be changed
 * @param etag of these bytes, in quotes
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Asset(String type, byte[] bytes, String etag) {
  /** Reads it from the class path; a missing one is a mistake of the build. */
  static Asset read(String resource) {
    try (InputStream in = Asset.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new AssertionError(resource + " is not on the class path");
      }
      byte[] bytes = in.readAllBytes();
      return new Asset(type(resource), bytes, etag(bytes));
    } catch (IOException e) {
      throw new UncheckedIOException(resource, e);
    }
  }

  private static String type(String resource) {
    String extension = resource.substring(resource.lastIndexOf('.') + 1);
    return switch (extension.toLowerCase(Locale.ROOT)) {
      case "html" -> "text/html; charset=utf-8";
      case "css" -> "text/css; charset=utf-8";
      case "js" -> "text/javascript; charset=utf-8";
      case "svg" -> "image/svg+xml";
      default -> throw new AssertionError(resource + " is of no type that the page has");
    };
  }

  private static String etag(byte[] bytes) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes);
      return '"' + HexFormat.of().formatHex(hash, 0, 12) + '"';
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
