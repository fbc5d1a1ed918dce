package dev.sluice.http.auth;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.http.auth.AuthConfig.Mode;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AuthConfigTest {
  private static final Optional<Path> TOKENS = Optional.of(Path.of("tokens"));

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "::", "10.1.2.3", "192.0.2.1"})
  void refusesToLetOtherMachinesInWithoutTokens(String host) {
    var auth = new AuthConfig(Mode.AUTO, Optional.empty());

    assertThatThrownBy(() -> auth.requireSafeBinding("ingest.host", host))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll(
            "ingest.host is " + host, "auth.tokens-file", "127.0.0.1", "auth.mode=none");
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "localhost", "::1", "127.8.8.8"})
  void bindsLoopbackWithoutTokens(String host) {
    var auth = new AuthConfig(Mode.AUTO, Optional.empty());

    assertThatCode(() -> auth.requireSafeBinding("admin.host", host)).doesNotThrowAnyException();
  }

  @Test
  void bindsAnyAddressWithTokensOrWhenToldThatEverybodyMayComeIn() {
    assertThatCode(
            () -> {
              new AuthConfig(Mode.AUTO, TOKENS).requireSafeBinding("ingest.host", "0.0.0.0");
              new AuthConfig(Mode.TOKENS, TOKENS).requireSafeBinding("ingest.host", "0.0.0.0");
              new AuthConfig(Mode.NONE, Optional.empty())
                  .requireSafeBinding("ingest.host", "0.0.0.0");
            })
        .doesNotThrowAnyException();
  }
}
