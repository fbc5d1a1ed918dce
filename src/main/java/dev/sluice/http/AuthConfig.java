package dev.sluice.http;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Settings {@code auth.*}.
 *
 * @param mode {@code auth.mode}
 * @param tokensFile {@code auth.tokens-file}
 */
public record AuthConfig(Mode mode, Optional<Path> tokensFile) {
  /** Who may send requests. */
  public enum Mode {
    /** Tokens where a tokens file is set; without one, only loopback may be bound. */
    AUTO,
    /** Tokens always. */
    TOKENS,
    /** Everybody, on any address. */
    NONE
  }
}
