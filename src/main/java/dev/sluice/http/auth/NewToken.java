package dev.sluice.http.auth;

import java.security.SecureRandom;
import java.util.Base64;

/**
 * A token that nobody has yet: 256 random bits. Only whoever made it knows it; a tokens file gets
 * its hash.
 *
 * @param secret what a client sends; begins with {@code slc_}, so that scanners of source code and
 *     logs recognise it
 */
public record NewToken(String secret) {
  private static final String PREFIX = "slc_";
  private static final int BYTES = 32;

  /** Makes one. */
  public static NewToken random() {
    byte[] random = new byte[BYTES];
    new SecureRandom().nextBytes(random);
    return new NewToken(PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(random));
  }

  /** The beginning of its line in the tokens file. */
  public String hashed() {
    return TokenLine.TOKEN + Sha256.of(secret).hex();
  }

  /** Does not show the secret. */
  @Override
  public String toString() {
    return PREFIX + "…";
  }
}
