package dev.sluice.http.auth;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Settings {@code auth.*}.
 *
 * @param mode {@code auth.mode}
 * @param tokensFile {@code auth.tokens-file}
 * @param staleAfter {@code auth.stale-after}: how long its tokens are valid while the file is not
 *     good
 */
public record AuthConfig(Mode mode, Optional<Path> tokensFile, Duration staleAfter) {
  static final Duration STALE_AFTER = Duration.ofHours(24);

  /** Who may send requests. */
  public enum Mode {
    /** Tokens if a tokens file is set; without one, only loopback addresses may be bound. */
    AUTO,
    /** Always tokens. */
    TOKENS,
    /** Anyone, on any address. */
    NONE
  }

  /** With the default of {@code auth.stale-after}. */
  public AuthConfig(Mode mode, Optional<Path> tokensFile) {
    this(mode, tokensFile, STALE_AFTER);
  }

  /** Whether a request must carry a token. */
  public boolean wantsTokens() {
    return mode != Mode.NONE && tokensFile.isPresent();
  }

  /** Whether tokens are demanded, but no file holds any. */
  public boolean lacksTokensFile() {
    return mode == Mode.TOKENS && tokensFile.isEmpty();
  }

  /** Whether there are tokens that nobody asks for. */
  public boolean ignoresTokensFile() {
    return mode == Mode.NONE && tokensFile.isPresent();
  }

  /** Whether only loopback addresses may be bound. */
  public boolean loopbackOnly() {
    return mode != Mode.NONE && !wantsTokens();
  }

  /**
   * Refuses to serve other machines unless that was asked for: an address that is not loopback
   * needs tokens, or an explicit {@code auth.mode=none}.
   *
   * @param key the setting that holds the address, for the message
   * @throws IllegalArgumentException if the address is not safe; the message says what is set, and
   *     what is allowed
   */
  public void requireSafeBinding(String key, String host) {
    if (!loopbackOnly() || address(key, host).isLoopbackAddress()) {
      return;
    }
    throw new IllegalArgumentException(
        ("%s is %s, which other machines can reach, and no tokens are configured: set"
                + " auth.tokens-file, or bind 127.0.0.1, or set auth.mode=none to allow everyone")
            .formatted(key, host));
  }

  private static InetAddress address(String key, String host) {
    try {
      return InetAddress.getByName(host);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(
          key + " is " + host + ", which is not an address of this machine", e);
    }
  }
}
