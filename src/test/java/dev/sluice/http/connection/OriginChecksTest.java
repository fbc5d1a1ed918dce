package dev.sluice.http.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.ByteBudget;
import dev.sluice.http.RawHttp;
import dev.sluice.http.RawHttp.Answer;
import dev.sluice.http.origin.OriginConfig;
import dev.sluice.http.origin.Origins;
import dev.sluice.http.proxy.Proxies;
import io.helidon.webserver.WebServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a listener lets a web page do, and which host names it answers to. */
class OriginChecksTest {
  private final StallWatch watch = new StallWatch(Duration.ofSeconds(30));
  private final AtomicInteger served = new AtomicInteger();
  private final Origins origins =
      Origins.of(new OriginConfig(List.of("sensors.example"), List.of("https://ops.example")));
  private final WebServer server =
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
                      origins,
                      watch,
                      new ByteBudget(1 << 20),
                      1 << 20)))
          .routing(routing ->
              routing.any(
                  "/*",
                  (request, response) -> {
                    served.incrementAndGet();
                    response.send();
                  }))
          .build()
          .start();

  @BeforeEach
  void watch() {
    watch.start();
  }

  @AfterEach
  void stop() {
    server.stop();
    watch.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      emptyValue = "",
      value = {
        // host | the rest of the head, lines separated by a semicolon
        "127.0.0.1:8080     | ''",
        "sensors.example    | User-Agent: sensor",
        "127.0.0.1:8080     | Origin: http://127.0.0.1:8080",
        "Sensors.Example    | Origin: https://sensors.example",
        "127.0.0.1:8080     | Origin: https://ops.example",
        "127.0.0.1:8080     | Origin: https://ops.example;Sec-Fetch-Site: cross-site",
        "127.0.0.1:8080     | Sec-Fetch-Site: same-origin;Origin: null",
        "127.0.0.1:8080     | Sec-Fetch-Site: same-origin;Origin: https://behind-a-proxy.example",
        "127.0.0.1:8080     | Sec-Fetch-Site: none"
      })
  void letsThoseChangeThingsWhoMay(String host, String lines) {
    assertThat(send("POST /write", host, lines).status()).isEqualTo(200);
    assertThat(served).hasValue(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "127.0.0.1:8080  | Origin: http://evil.example",
        "127.0.0.1:8080  | Origin: http://127.0.0.1:3000",
        "127.0.0.1:8080  | Origin: http://127.0.0.1",
        "127.0.0.1:8080  | Origin: http://localhost:8080",
        "127.0.0.1:8080  | Origin: null",
        "127.0.0.1:8080  | Origin: https://ops.example.evil",
        "127.0.0.1:8080  | Origin: http://ops.example",
        "127.0.0.1:8080  | Sec-Fetch-Site: cross-site",
        "127.0.0.1:8080  | Sec-Fetch-Site: same-site",
        "127.0.0.1:8080  | Sec-Fetch-Site: something-new",
        "127.0.0.1:8080  | sec-fetch-site:cross-site;Sec-Fetch-Dest: document",
        "127.0.0.1:8080  | Origin: http://127.0.0.1:8080;Sec-Fetch-Site: same-site"
      })
  void refusesWhatAForeignPageSends(String host, String lines) {
    for (String method : List.of("POST", "PUT", "DELETE", "PATCH", "OPTIONS")) {
      Answer refused = send(method + " /write", host, lines);

      assertThat(refused.status()).as(method).isEqualTo(403);
      assertThat(refused.body())
          .contains("\"code\":\"forbidden\"", "web page of another origin", "http.allowed-origins");
    }
    assertThat(served).hasValue(0);
    assertThat(origins.foreign()).isEqualTo(5);
  }

  @Test
  void letsALinkOpenAPageAndNothingElseReadFromElsewhere() {
    assertThat(
            send("GET /", "127.0.0.1:1", "Sec-Fetch-Site: cross-site;Sec-Fetch-Dest: document")
                .status())
        .isEqualTo(200);
    assertThat(send("GET /", "127.0.0.1:1", "Origin: http://old.example").status()).isEqualTo(200);
    assertThat(
            send("GET /", "127.0.0.1:1", "Sec-Fetch-Site: cross-site;Sec-Fetch-Dest: image")
                .status())
        .isEqualTo(403);
    assertThat(
            send("GET /", "127.0.0.1:1", "Sec-Fetch-Site: same-site;Sec-Fetch-Dest: iframe")
                .status())
        .isEqualTo(403);
  }

  @Test
  void refusesTheNameOfAReboundPageWhateverItClaims() {
    for (String method : List.of("GET", "POST")) {
      Answer refused =
          send(
              method + " /v1/status",
              "evil.example:8081",
              "Origin: http://evil.example:8081;Sec-Fetch-Site: same-origin");

      assertThat(refused.status()).isEqualTo(421);
      assertThat(refused.body()).contains("evil.example:8081", "http.allowed-hosts");
    }
    assertThat(served).hasValue(0);
    assertThat(origins.misdirected()).isEqualTo(2);
  }

  @Test
  void takesTheHostOfTheTargetForTheHost() {
    assertThat(send("GET http://evil.example/", "127.0.0.1", "").status()).isEqualTo(421);
    assertThat(send("GET http://sensors.example/", "evil.example", "").status()).isEqualTo(200);
  }

  @Test
  void answersProbesUnderAnyName() {
    for (String path :
        List.of("/health/live", "/health/ready?full=1", "/health", "/ready", "/ping")) {
      assertThat(send("GET " + path, "lb.example", "").status()).as(path).isEqualTo(200);
    }
    assertThat(send("GET /health/other", "lb.example", "").status()).isEqualTo(421);
    assertThat(send("POST /ping", "lb.example", "").status()).isEqualTo(421);
  }

  @Test
  void asksNothingOfARequestWithoutAHost() {
    try (RawHttp http = new RawHttp(server.port())) {
      assertThat(http.send("GET / HTTP/1.0\r\n\r\n").answer().status()).isEqualTo(200);
    }
  }

  @Test
  void forgetsThePageOfTheRequestBefore() {
    try (RawHttp http = new RawHttp(server.port())) {
      assertThat(
              http.send(head("POST /a", "127.0.0.1:8080", "Origin: https://ops.example"))
                  .answer()
                  .status())
          .isEqualTo(200);
      assertThat(http.send(head("POST /a", "127.0.0.1:8080", "")).answer().status()).isEqualTo(200);
      assertThat(http.send(head("POST /a", "127.0.0.1:8080", "Origin: http://x")).answer().status())
          .isEqualTo(403);
      assertThat(http.isClosedByServer()).isTrue();
    }
  }

  private Answer send(String line, String host, String lines) {
    try (RawHttp http = new RawHttp(server.port())) {
      return http.send(head(line, host, lines)).answer();
    }
  }

  private static String head(String line, String host, String lines) {
    String more = lines.isEmpty() ? "" : lines.replace(";", "\r\n") + "\r\n";
    return line + " HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 0\r\n" + more + "\r\n";
  }
}
