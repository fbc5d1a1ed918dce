package dev.sluice.http.tls;

import java.io.ByteArrayInputStream;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One block of a PEM file (RFC 7468). Immutable.
 *
 * @param label such as {@code CERTIFICATE}
 * @param headers the lines before the content, of the older form of keys; usually empty
 * @param base64 the content, without line ends
 */
record Pem(String label, String headers, String base64) {
  private static final Pattern BLOCK =
      Pattern.compile(
          "-----BEGIN ([A-Z0-9 ]+)-----\\R((?:[\\w-]+: [^\\r\\n]*\\R)*)(.*?)-----END \\1-----",
          Pattern.DOTALL);

  /** An unfinished block would be a certificate less in a chain: never skip it. */
  private static final Pattern BEGIN = Pattern.compile("-----BEGIN ");

  /**
   * The blocks of a file; text around them is skipped.
   *
   * @param where the file, for messages
   */
  static List<Pem> blocks(String text, String where) throws UnusableException {
    List<Pem> blocks = new ArrayList<>();
    Matcher matcher = BLOCK.matcher(text);
    while (matcher.find()) {
      blocks.add(
          new Pem(matcher.group(1), matcher.group(2), matcher.group(3).replaceAll("\\s", "")));
    }
    long begun = BEGIN.matcher(text).results().count();
    if (begun != blocks.size()) {
      throw new UnusableException(
          "%s has %d PEM blocks, but only %d with an end: is the file complete?"
              .formatted(where, begun, blocks.size()));
    }
    return blocks;
  }

  /** The content. */
  byte[] der(String where) throws UnusableException {
    try {
      return Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw new UnusableException(
          where + ": the block " + label + " is not Base64: is the file complete?", e);
    }
  }

  /** The certificates of a file, in its order; at least one. */
  static List<X509Certificate> certificates(String text, String where) throws UnusableException {
    List<X509Certificate> certificates = new ArrayList<>();
    for (Pem block : blocks(text, where)) {
      if (block.label().equals("CERTIFICATE")) {
        certificates.add(certificate(block.der(where), certificates.size() + 1, where));
      }
    }
    if (certificates.isEmpty()) {
      throw new UnusableException(where + " has no -----BEGIN CERTIFICATE-----: expected PEM");
    }
    return certificates;
  }

  private static X509Certificate certificate(byte[] der, int number, String where)
      throws UnusableException {
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(der));
    } catch (CertificateException e) {
      throw new UnusableException(
          "%s: certificate %d cannot be read: %s".formatted(where, number, e.getMessage()), e);
    }
  }
}
