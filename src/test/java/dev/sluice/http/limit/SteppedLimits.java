package dev.sluice.http.limit;

import dev.sluice.http.auth.AuthConfig;
import dev.sluice.http.auth.FailedTokenLog;
import dev.sluice.http.auth.TokenAuth;
import dev.sluice.testing.TokenFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/** Limits whose clock goes only when it is told to, and tokens whose clients have them. */
public final class SteppedLimits {
  private final AtomicLong nanos = new AtomicLong();
  public final Limits limits;

  public SteppedLimits(LimitsConfig config) {
    this.limits = new Limits(config, nanos::get, 17);
  }

  public void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  /**
   * A check of tokens from a file, each with the scopes write and read.
   *
   * @param file where they are written
   */
  public TokenAuth tokens(Path file, String... tokens) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (String token : tokens) {
      lines.append("sha256:").append(hash(token)).append(" write,read\n");
    }
    TokenFiles.replace(file, lines.toString(), "rw-------");
    return TokenAuth.of(
        new AuthConfig(AuthConfig.Mode.TOKENS, Optional.of(file)),
        new FailedTokenLog(),
        limits,
        InstantSource.system());
  }

  /** The header line that carries a token. */
  public static String header(String token) {
    return "Authorization: Bearer " + token + "\r\n";
  }

  private static String hash(String token) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(token.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
