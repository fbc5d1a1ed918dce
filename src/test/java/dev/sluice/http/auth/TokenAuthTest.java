package dev.sluice.http.auth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.RawHttp;
import dev.sluice.http.RawHttp.Answer;
import io.helidon.webserver.WebServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenAuthTest {
  private static final Duration RELOAD = Duration.ofMinutes(2);

  @TempDir private Path folder;
  private Path file;
  private WebServer server;

  @BeforeEach
  void start() throws Exception {
    file = folder.resolve("tokens");
    Files.writeString(
        file,
        "# who may do what\n\n"
            + line("w-token", "write")
            + line("r-token", "read")
            + line("rw-token", "read,write  # both")
            + line("a-token", "admin"));
    TokenAuth auth = TokenAuth.of(config(AuthConfig.Mode.AUTO));
    server =
        WebServer.builder()
            .host("127.0.0.1")
            .port(0)
            .routing(routing ->
                routing
                    .get("/write", auth.require((q, a) -> a.send("in"), Scope.WRITE))
                    .get("/read", auth.require((q, a) -> a.send("in"), Scope.READ))
                    .get("/admin", auth.require((q, a) -> a.send("in"), Scope.ADMIN))
                    .get("/either", auth.require((q, a) -> a.send("in"), Scope.READ, Scope.WRITE)))
            .build()
            .start();
  }

  @AfterEach
  void stop() {
    server.stop();
  }

  @ParameterizedTest
  @CsvSource({
    "w-token, 200, 403, 403, 200",
    "r-token, 403, 200, 403, 200",
    "rw-token, 200, 200, 403, 200",
    "a-token, 403, 403, 200, 403",
    "x-token, 401, 401, 401, 401"
  })
  void letsATokenDoWhatItsScopesSay(String token, int write, int read, int admin, int either) {
    String header = "Authorization: Bearer " + token + "\r\n";

    assertThat(get("/write", header).status()).isEqualTo(write);
    assertThat(get("/read", header).status()).isEqualTo(read);
    assertThat(get("/admin", header).status()).isEqualTo(admin);
    assertThat(get("/either", header).status()).isEqualTo(either);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Bearer w-token",
        "bearer  w-token",
        "Token w-token",
        "Token somebody:w-token",
        "Basic somebody:w-token",
        "Basic :w-token",
        "Basic w-token:"
      })
  void takesTheTokenInEveryHeaderClientsUse(String value) {
    assertThat(get("/write", authorization(value)).status()).isEqualTo(200);
  }

  @Test
  void takesTheTokenAsThePasswordOfVersion1() {
    assertThat(get("/write?u=somebody&p=w-token", "").status()).isEqualTo(200);
    assertThat(get("/write?p=w-token", "").status()).isEqualTo(200);
    assertThat(get("/write?u=w-token&p=nonsense", "").status()).isEqualTo(401);
    assertThat(get("/write?p=nonsense&p=w-token", "").status()).isEqualTo(401);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Bearer",
        "Bearer ",
        "Basic !!!",
        "Basic :",
        "Digest w-token",
        "w-token",
        "Token :"
      })
  void refusesWhatIsNoToken(String value) {
    Answer answer = get("/write", value.isEmpty() ? "" : "Authorization: " + value + "\r\n");

    assertThat(answer.status()).isEqualTo(401);
    assertThat(answer.header("WWW-Authenticate")).contains("Bearer", "Basic");
    assertThat(answer.header("Content-Type")).isEqualTo("application/json");
    assertThat(answer.body()).contains("\"code\":\"unauthorized\"").doesNotContain("w-token");
  }

  @Test
  void namesTheScopeThatIsMissing() {
    Answer answer = get("/admin", "Authorization: Bearer rw-token\r\n");

    assertThat(answer.status()).isEqualTo(403);
    assertThat(answer.body()).contains("\"code\":\"forbidden\"", "needed is admin");
    assertThat(answer.body()).doesNotContain("rw-token");
  }

  @Test
  void forgetsARevokedTokenAndLearnsANewOneWhileRunning() throws Exception {
    Path next = folder.resolve("next");
    Files.writeString(next, line("n-token", "write"));
    Files.move(next, file, StandardCopyOption.REPLACE_EXISTING);

    await()
        .atMost(RELOAD)
        .untilAsserted(() -> assertThat(get("/write", bearer("w-token")).status()).isEqualTo(401));
    assertThat(get("/write", bearer("n-token")).status()).isEqualTo(200);
  }

  @Test
  void takesTheTokensOfAFileThatWasPutRightAgain() throws Exception {
    Files.writeString(file, "nonsense\n");
    await().pollDelay(Duration.ofMillis(1_500)).until(() -> true);
    assertThat(get("/write", bearer("w-token")).status()).isEqualTo(200);
    Files.delete(file);
    await().pollDelay(Duration.ofMillis(1_500)).until(() -> true);
    assertThat(get("/write", bearer("w-token")).status()).isEqualTo(200);

    Files.writeString(file, line("n-token", "write"));

    await()
        .atMost(RELOAD)
        .untilAsserted(() -> assertThat(get("/write", bearer("n-token")).status()).isEqualTo(200));
    assertThat(get("/write", bearer("w-token")).status()).isEqualTo(401);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "w-token write",
        "sha256:abc write",
        "sha256:0000000000000000000000000000000000000000000000000000000000000000",
        "sha256:0000000000000000000000000000000000000000000000000000000000000000 write read",
        "sha256:0000000000000000000000000000000000000000000000000000000000000000 wrote",
        "sha256:000000000000000000000000000000000000000000000000000000000000000g write"
      })
  void refusesToStartOnABadLineAndSaysWhere(String line) throws IOException {
    Files.writeString(file, "# comment\n" + line + "\n");

    assertThatThrownBy(() -> TokenAuth.of(config(AuthConfig.Mode.TOKENS)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(file + ":2")
        .hasMessageNotContaining("w-token");
  }

  @Test
  void refusesToStartWithoutTheFile() {
    var config = new AuthConfig(AuthConfig.Mode.AUTO, Optional.of(folder.resolve("none")));

    assertThatThrownBy(() -> TokenAuth.of(config)).isInstanceOf(IOException.class);
  }

  @Test
  void refusesModeTokensWithoutAFileToTakeThemFrom() {
    assertThatThrownBy(() -> TokenAuth.of(new AuthConfig(AuthConfig.Mode.TOKENS, Optional.empty())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("auth.tokens-file");
  }

  private AuthConfig config(AuthConfig.Mode mode) {
    return new AuthConfig(mode, Optional.of(file));
  }

  private Answer get(String target, String headers) {
    try (RawHttp http = new RawHttp(server.port())) {
      return http.get(target, headers);
    }
  }

  private static String bearer(String token) {
    return "Authorization: Bearer " + token + "\r\n";
  }

  /** What follows {@code Basic} is given readable, and sent in base64. */
  private static String authorization(String value) {
    String basic = "Basic ";
    String sent =
        value.startsWith(basic)
            ? basic
                + Base64.getEncoder()
                    .encodeToString(value.substring(basic.length()).getBytes(UTF_8))
            : value;
    return "Authorization: " + sent + "\r\n";
  }

  private static String line(String token, String scopes) throws Exception {
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(token.getBytes(UTF_8));
    return "sha256:" + HexFormat.of().formatHex(hash) + " " + scopes + "\n";
  }
}
