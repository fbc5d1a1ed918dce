package dev.sluice.http.auth;

import dev.sluice.config.Check;
import dev.sluice.config.Key;
import dev.sluice.config.ValueType;
import java.nio.file.Path;
import java.util.List;

/** The keys of {@link AuthConfig}. */
public final class AuthKeys {
  public static final Key<AuthConfig.Mode> MODE =
      Key.of(
          "auth.mode",
          "auto",
          ValueType.choice(AuthConfig.Mode.values()),
          "auto: tokens if a tokens file is set, else loopback only; none: anyone, from anywhere.");
  public static final Key<Path> TOKENS_FILE =
      Key.of("auth.tokens-file", ValueType.path(), "File of hashed tokens with their scopes.");

  /** All of them, in the order of the reference. */
  public static final List<Key<?>> ALL = List.of(MODE, TOKENS_FILE);

  private AuthKeys() {}

  /** Refuses to demand tokens that no file holds. */
  public static void check(Check settings) {
    if (new AuthConfig(settings.required(MODE), settings.optional(TOKENS_FILE)).lacksTokensFile()) {
      settings.refuse(MODE, "tokens only together with auth.tokens-file");
    }
  }
}
