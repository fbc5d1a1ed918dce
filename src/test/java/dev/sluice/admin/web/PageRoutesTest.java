package dev.sluice.admin.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.ByteBudget;
import dev.sluice.http.RawHttp;
import dev.sluice.http.RawHttp.Answer;
import dev.sluice.http.connection.ConnectionLimits;
import dev.sluice.http.connection.ConnectionRules;
import dev.sluice.http.connection.ListenAddress;
import dev.sluice.http.connection.Listeners;
import dev.sluice.http.connection.StallWatch;
import dev.sluice.http.origin.OriginConfig;
import dev.sluice.http.origin.Origins;
import dev.sluice.http.proxy.Proxies;
import io.helidon.webserver.WebServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The page's files behind the listener that Sluice uses. No tokens: they are the same for all. */
class PageRoutesTest {
  private static final Path PAGE = Path.of("src", "main", "resources", "page");

  private static final String HEAD = "HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n";

  private final StallWatch watch = new StallWatch(Duration.ofSeconds(30));
  private WebServer server;

  @BeforeEach
  void start() {
    server =
        WebServer.builder()
            .shutdownHook(false)
            .update(socket ->
                Listeners.configure(
                    socket,
                    new ListenAddress("127.0.0.1", 0, 128),
                    new ConnectionRules(
                        ConnectionLimits.of(100),
                        Proxies.none(),
                        null,
                        Origins.of(OriginConfig.NONE),
                        watch,
                        new ByteBudget(64L << 20),
                        1 << 20)))
            .routing(routing -> routing.register(new PageRoutes()))
            .build()
            .start();
  }

  @AfterEach
  void stop() {
    server.stop();
    watch.close();
  }

  @Test
  void servesThePageUnderAPolicyThatAllowsNothingFromElsewhere() {
    Answer page = get("/");

    assertThat(page.status()).isEqualTo(200);
    assertThat(page.header("Content-Type")).isEqualTo("text/html; charset=utf-8");
    assertThat(page.header("X-Content-Type-Options")).isEqualTo("nosniff");
    assertThat(page.header("Cache-Control")).isEqualTo("no-cache");
    assertThat(page.header("Referrer-Policy")).isEqualTo("no-referrer");
    assertThat(page.header("Content-Security-Policy"))
        .startsWith("default-src 'self';")
        .contains("frame-ancestors 'none'")
        .doesNotContain("unsafe");
    assertThat(page.body()).startsWith("<!doctype html>");
  }

  @Test
  void servesEveryFileThatThereIs() throws IOException {
    List<String> there;
    try (Stream<Path> files = Files.list(PAGE)) {
      there =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> !name.equals("index.html"))
              .toList();
    }

    assertThat(PageRoutes.files()).containsExactlyInAnyOrderElementsOf(there);
    for (String name : there) {
      Answer file = get("/page/" + name);
      assertThat(file.status()).as(name).isEqualTo(200);
      assertThat(file.body()).isEqualTo(Files.readString(PAGE.resolve(name)));
    }
    assertThat(get("/page/page.css").header("Content-Type")).isEqualTo("text/css; charset=utf-8");
    assertThat(get("/page/main.js").header("Content-Type"))
        .isEqualTo("text/javascript; charset=utf-8");
    assertThat(get("/page/uPlot.esm.js").body()).contains("export { uPlot as default }");
    assertThat(get("/page/uPlot.min.css").status()).isEqualTo(200);
  }

  @Test
  void namesNothingThatIsNotThereAndNothingFromElsewhere() throws IOException {
    Pattern link = Pattern.compile("(?:src|href|from|import\\()\\s*=?\\s*[\"']([^\"'#]+)[\"']");
    try (Stream<Path> files = Files.list(PAGE)) {
      for (Path file : files.toList()) {
        for (String target :
            link.matcher(Files.readString(file)).results().map(PageRoutesTest::target).toList()) {
          assertThat(get(target).status()).as("%s in %s", target, file).isEqualTo(200);
        }
      }
    }
  }

  private static String target(MatchResult link) {
    return link.group(1).startsWith("./") ? "/page/" + link.group(1).substring(2) : link.group(1);
  }

  @Test
  void hasNothingInlineThatThePolicyWouldForbid() throws IOException {
    String page = Files.readString(PAGE.resolve("index.html"));

    assertThat(page)
        .doesNotContain("style=")
        .doesNotContain("<style")
        .doesNotContain("javascript:");
    assertThat(page)
        .doesNotContainPattern("\\son[a-z]+=")
        .doesNotContainPattern("<script(?![^>]*src=)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/page/main.js"})
  void sendsAFileAgainOnlyWhenItHasChanged(String path) {
    String tag = get(path).header("ETag");

    assertThat(tag).startsWith("\"");
    for (String known : List.of(tag, "W/" + tag, "\"other\", " + tag, "*")) {
      Answer same = get(path, "If-None-Match: " + known + "\r\n");
      assertThat(same.status()).as(known).isEqualTo(304);
      assertThat(same.header("ETag")).isEqualTo(tag);
      assertThat(same.body()).isEmpty();
    }
    assertThat(get(path, "If-None-Match: \"other\"\r\n").status()).isEqualTo(200);
  }

  @Test
  void answersHeadWithoutABody() {
    try (RawHttp http = new RawHttp(server.port())) {
      Answer answer = http.send(HEAD).answerWithoutBody();
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.header("ETag")).isNotEmpty();
      assertThat(http.get("/", "").status()).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/page/",
        "/page/none.js",
        "/page/index.html",
        "/page/../page/main.js.map",
        "/page/%2e%2e%2flogback.xml",
        "/page/..%2flogback.xml",
        "/logback.xml"
      })
  void answersNothingElse(String path) {
    assertThat(get(path).status()).isIn(400, 404);
  }

  @Test
  void refusesOtherMethods() {
    try (RawHttp http = new RawHttp(server.port())) {
      Answer refused = http.post("/", "", "x");
      assertThat(refused.status()).isEqualTo(405);
      assertThat(refused.header("Allow")).isEqualTo("GET, HEAD");
    }
  }

  private Answer get(String target) {
    return get(target, "");
  }

  private Answer get(String target, String headers) {
    try (RawHttp http = new RawHttp(server.port())) {
      return http.get(target, headers);
    }
  }
}
