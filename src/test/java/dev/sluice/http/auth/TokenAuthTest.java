package dev.sluice.http.auth;

import static dev.sluice.testing.TokenFiles.line;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.RawHttp;
import dev.sluice.http.RawHttp.Answer;
import dev.sluice.http.auth.FailedTokens.Reason;
import dev.sluice.testing.TokenFiles;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.Handler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
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
  private final FailedTokenLog failed = new FailedTokenLog();
  private final AtomicLong nanos = new AtomicLong();
  private volatile Instant now = Instant.parse("2026-11-26T12:00:00Z");
  private TokenAuth auth;
  private WebServer server;

  @BeforeEach
  void start() throws Exception {
    file =
        TokenFiles.write(
            folder.resolve("tokens"),
            "# who may do what",
            "",
            line("w-token", "write"),
            line("r-token", "read"),
            line("rw-token", "read,write  # both"),
            line("a-token", "admin name=boss"),
            line("old-token", "write name=old until=2026-11-25"),
            line("soon-token", "write until=2026-11-26T12:00:01Z"),
            line("here-token", "write from=10.0.0.0/8,127.0.0.0/8"),
            line("there-token", "write name=there from=10.0.0.0/8,::1"));
    auth = TokenAuth.of(new TokensFile(file, Duration.ofHours(24), nanos::get), failed, () -> now);
    server =
        WebServer.builder()
            .host("127.0.0.1")
            .port(0)
            .routing(routing ->
                routing
                    .get("/write", auth.require((q, a) -> a.send("in"), Scope.WRITE))
                    .get("/read", auth.require((q, a) -> a.send("in"), Scope.READ))
                    .get("/admin", auth.require((q, a) -> a.send("in"), Scope.ADMIN))
                    .get("/either", auth.require((q, a) -> a.send("in"), Scope.READ, Scope.WRITE))
                    .get(
                        "/who",
                        auth.require((c, q, a) -> a.send(c.name()), Scope.WRITE, Scope.ADMIN)))
            .build()
            .start();
  }

  @AfterEach
  void stop() {
    server.stop();
    auth.close();
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
  void tellsTheHandlerWhoSendsTheRequest() {
    assertThat(get("/who", bearer("a-token")).body()).isEqualTo("boss");
    assertThat(get("/who", bearer("w-token")).body()).matches("token:[0-9a-f]{8}");
  }

  @Test
  void knowsAClientByItsAddressWhereEveryoneMayComeIn() {
    Handler who =
        TokenAuth.everybody().require((c, q, a) -> a.send(c.kind() + " " + c.name()), Scope.ADMIN);
    WebServer open =
        WebServer.builder()
            .host("127.0.0.1")
            .port(0)
            .routing(r -> r.get("/who", who))
            .build()
            .start();
    try (RawHttp http = new RawHttp(open.port())) {
      assertThat(http.get("/who", "").body()).isEqualTo("ADDRESS 127.0.0.1");
      assertThat(http.get("/who", bearer("nonsense")).body()).isEqualTo("ADDRESS 127.0.0.1");
    } finally {
      open.stop();
    }
  }

  @Test
  void saysWhenATokenHasExpired() {
    Answer answer = get("/write", bearer("old-token"));

    assertThat(answer.status()).isEqualTo(401);
    assertThat(answer.header("WWW-Authenticate")).contains("Bearer");
    assertThat(answer.body()).contains("expired at 2026-11-26T00:00:00Z");
    assertThat(failed.count(Reason.EXPIRED)).isEqualTo(1);
  }

  @Test
  void endsATokenWhileRunning() {
    assertThat(get("/write", bearer("soon-token")).status()).isEqualTo(200);

    now = Instant.parse("2026-11-26T12:00:01Z");

    assertThat(get("/write", bearer("soon-token")).status()).isEqualTo(401);
  }

  @Test
  void refusesATokenThatComesFromElsewhere() {
    assertThat(get("/write", bearer("here-token")).status()).isEqualTo(200);

    Answer answer = get("/write", bearer("there-token"));

    assertThat(answer.status()).isEqualTo(403);
    assertThat(answer.body()).contains("may not be used from 127.0.0.1").doesNotContain("10.0.0");
    assertThat(failed.count(Reason.ADDRESS)).isEqualTo(1);
  }

  @Test
  void countsFailuresByTheirReason() {
    get("/write", "");
    get("/write", bearer("x-token"));
    get("/write", bearer("y-token"));
    get("/write", "Authorization: Digest w-token\r\n");
    get("/admin", bearer("w-token"));

    assertThat(failed.count(Reason.MISSING)).isEqualTo(1);
    assertThat(failed.count(Reason.UNKNOWN)).isEqualTo(3);
    assertThat(failed.count(Reason.EXPIRED) + failed.count(Reason.ADDRESS)).isZero();
  }

  @Test
  void forgetsARevokedTokenAndLearnsANewOneByItself() {
    auth.start();

    TokenFiles.write(file, line("n-token", "write"));

    await()
        .atMost(RELOAD)
        .untilAsserted(() -> assertThat(get("/write", bearer("w-token")).status()).isEqualTo(401));
    assertThat(get("/write", bearer("n-token")).status()).isEqualTo(200);
  }

  @Test
  void keepsSendersWaitingWhenTheTokensAreStale() throws Exception {
    Files.delete(file);
    nanos.addAndGet(Duration.ofHours(24).toNanos());
    auth.tick();
    assertThat(get("/write", bearer("w-token")).status()).isEqualTo(200);
    assertThat(auth.refusal()).isEmpty();

    nanos.addAndGet(1);
    auth.tick();

    Answer answer = get("/write", bearer("w-token"));
    assertThat(answer.status()).isEqualTo(503);
    assertThat(Integer.parseInt(answer.header("Retry-After"))).isPositive();
    assertThat(auth.refusal()).isPresent();
    assertThat(auth.refusal().orElseThrow())
        .contains("auth.stale-after")
        .doesNotContain(file.toString());

    TokenFiles.write(file, line("w-token", "write"));
    auth.tick();

    assertThat(get("/write", bearer("w-token")).status()).isEqualTo(200);
    assertThat(auth.refusal()).isEmpty();
  }

  @Test
  void refusesToStartOnABadLineAndSaysWhere() {
    TokenFiles.write(file, "# comment", "w-token write");

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
}
