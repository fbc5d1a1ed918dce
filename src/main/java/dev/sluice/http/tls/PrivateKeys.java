package dev.sluice.http.tls;

import java.io.ByteArrayOutputStream;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;

/** Reads private keys from PEM, and checks which certificate they belong to. Stateless. */
final class PrivateKeys {
  private static final int SEQUENCE = 0x30;
  private static final int OCTET_STRING = 0x04;
  private static final byte[] VERSION_0 = {0x02, 0x01, 0x00};
  private static final byte[] PROBE = "sluice".getBytes(java.nio.charset.StandardCharsets.US_ASCII);

  private PrivateKeys() {}

  /**
   * The key in a file, which must be that of the certificate: PKCS #8, or the older forms that say
   * {@code RSA} (PKCS #1) or {@code EC} (SEC 1) in their first line.
   *
   * @param where the file, for messages
   */
  static PrivateKey read(String text, String where, X509Certificate certificate)
      throws UnusableException {
    Pem block = onlyKey(text, where);
    PublicKey publicKey = certificate.getPublicKey();
    byte[] der = block.der(where);
    byte[] pkcs8 = block.label().equals("PRIVATE KEY") ? der : pkcs8(publicKey, der);
    PrivateKey key = parse(pkcs8, publicKey.getAlgorithm(), where);
    requireMatch(key, publicKey, where);
    return key;
  }

  private static Pem onlyKey(String text, String where) throws UnusableException {
    Pem found = null;
    for (Pem block : Pem.blocks(text, where)) {
      if (!block.label().endsWith("PRIVATE KEY")) {
        continue;
      }
      if (block.label().startsWith("ENCRYPTED") || block.headers().contains("ENCRYPTED")) {
        throw new UnusableException(
            ("%s is encrypted, and nobody is there to type its passphrase at a restart: decrypt it"
                    + " with openssl pkey, and let only Sluice's user read the result (chmod 600)")
                .formatted(where));
      }
      if (found != null) {
        throw new UnusableException(where + " has two private keys: leave the certificate's");
      }
      found = block;
    }
    if (found == null) {
      throw new UnusableException(where + " has no -----BEGIN PRIVATE KEY-----: expected PEM");
    }
    return found;
  }

  /**
   * Puts an older form into the newer one. The algorithm, with the curve's name, is that of the
   * certificate: the key must fit it anyway.
   */
  private static byte[] pkcs8(PublicKey publicKey, byte[] key) {
    byte[] algorithm = firstElement(content(publicKey.getEncoded()));
    return der(SEQUENCE, VERSION_0, algorithm, der(OCTET_STRING, key));
  }

  private static PrivateKey parse(byte[] pkcs8, String algorithm, String where)
      throws UnusableException {
    try {
      return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
    } catch (InvalidKeySpecException e) {
      throw new UnusableException(
          "%s has no private key of the kind that the certificate has (%s)"
              .formatted(where, algorithm),
          e);
    } catch (NoSuchAlgorithmException e) {
      throw new UnusableException(
          "the certificate's key is of a kind (%s) that this JDK does not know: use RSA or EC"
              .formatted(algorithm),
          e);
    }
  }

  private static void requireMatch(PrivateKey key, PublicKey publicKey, String where)
      throws UnusableException {
    try {
      Signature signature = Signature.getInstance(signatureOf(key.getAlgorithm()));
      signature.initSign(key);
      signature.update(PROBE);
      byte[] signed = signature.sign();
      signature.initVerify(publicKey);
      signature.update(PROBE);
      if (signature.verify(signed)) {
        return;
      }
    } catch (InvalidKeyException | SignatureException e) {
      throw new UnusableException(where + " does not match the certificate: " + e.getMessage(), e);
    } catch (NoSuchAlgorithmException e) {
      throw new UnusableException(where + " is of an unknown kind: use RSA or EC", e);
    }
    throw new UnusableException(
        where + " is not the private key of the first certificate: replace both, in any order");
  }

  private static String signatureOf(String algorithm) {
    return switch (algorithm) {
      case "RSA" -> "SHA256withRSA";
      case "EC" -> "SHA256withECDSA";
      default -> algorithm; // EdDSA is the name of both
    };
  }

  private static byte[] der(int tag, byte[]... parts) {
    int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
    ByteArrayOutputStream out = new ByteArrayOutputStream(length + 6);
    out.write(tag);
    if (length < 0x80) {
      out.write(length);
    } else {
      int bytes = (39 - Integer.numberOfLeadingZeros(length)) / 8;
      out.write(0x80 | bytes);
      for (int i = bytes - 1; i >= 0; i--) {
        out.write(length >> (8 * i));
      }
    }
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  private static byte[] content(byte[] element) {
    return Arrays.copyOfRange(element, headerBytes(element), element.length);
  }

  private static byte[] firstElement(byte[] elements) {
    int header = headerBytes(elements);
    int length = elements[1] & 0xff;
    if (length >= 0x80) {
      length = 0;
      for (int i = 2; i < header; i++) {
        length = length << 8 | (elements[i] & 0xff);
      }
    }
    return Arrays.copyOf(elements, header + length);
  }

  private static int headerBytes(byte[] element) {
    int length = element[1] & 0xff;
    return length < 0x80 ? 2 : 2 + (length & 0x7f);
  }
}
