package dev.sluice.http.auth;

import dev.sluice.config.Check;
import dev.sluice.config.Key;
import dev.sluice.config.ValueType;
import java.nio.file.Path;
import java.time.Duration;
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
  public static final Key<Duration> STALE_AFTER =
      Key.of(
          "auth.stale-after",
          AuthConfig.STALE_AFTER.toHours() + "h",
          ValueType.duration("1m", "30d"),
          "How long the old tokens are valid while the tokens file is refused.");

  /** All of them, in the order of the reference. */
  public static final List<Key<?>> ALL = List.of(MODE, TOKENS_FILE, STALE_AFTER);

  private AuthKeys() {}

  /** Refuses to demand tokens that no file holds, and to ignore those of a file that is set. */
  public static void check(Check settings) {
    AuthConfig auth = new AuthConfig(settings.required(MODE), settings.optional(TOKENS_FILE));
    if (auth.lacksTokensFile()) {
      settings.refuse(MODE, "tokens only together with auth.tokens-file");
    }
    if (auth.ignoresTokensFile()) {
      settings.refuse(
          MODE, "none only without auth.tokens-file, whose tokens nobody would have to send");
    }
  }
}
