package dev.sluice.http.connection;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.sluice.http.ByteBudget;
import dev.sluice.http.ErrorAnswer;
import dev.sluice.http.RawHttp;
import dev.sluice.http.RawHttp.Answer;
import dev.sluice.http.origin.OriginConfig;
import dev.sluice.http.origin.Origins;
import dev.sluice.http.proxy.Proxies;
import dev.sluice.http.tls.TlsDoor;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a listener does with hostile, slow and old clients, on a route that counts bytes. */
@Tag("slow")
class GuardedConnectionTest {
  private static final Duration TIMEOUT = Duration.ofMillis(400);
  private static final int MAX_BODY_BYTES = 1 << 20;
  private static final int BUDGET_BYTES = 32 << 20;
  private static final Origins ORIGINS = Origins.of(new OriginConfig(List.of("*"), List.of()));

  private final StallWatch watch = new StallWatch(TIMEOUT);
  private final ByteBudget budget = new ByteBudget(BUDGET_BYTES);
  private final Semaphore waiting = new Semaphore(0);
  private final WebServer server = start();

  @AfterEach
  void stopAndSeeThatItLived() {
    try (RawHttp http = connect()) {
      assertThat(http.post("/count", "", "four").body()).isEqualTo("4");
    }
    await().untilAsserted(() -> assertThat(budget.used()).isZero());
    server.stop();
    watch.close();
  }

  @Test
  void closesAnUploadThatStalls() {
    try (RawHttp http = connect()) {
      http.send(RawHttp.head("POST", "/count", "Content-Length: 100\r\n") + "ten bytes.");

      assertThat(http.isClosedByServer()).isTrue();
    }
    await().until(() -> watch.closedConnections() == 1);
  }

  @Test
  void closesAnUploadThatDrips() {
    try (RawHttp http = connect()) {
      http.send(RawHttp.head("POST", "/count", "Content-Length: 100000\r\n"));

      await()
          .atMost(Duration.ofMinutes(2))
          .pollInterval(Duration.ofMillis(20))
          .until(() -> !canSend(http, "x"));
    }
    await().until(() -> watch.closedConnections() == 1);
  }

  @Test
  void closesAHeadThatStalls() {
    try (RawHttp http = connect()) {
      http.send("POST /count HTTP/1.1\r\nHost: localhost\r\n");

      assertThat(http.isClosedByServer()).isTrue();
    }
    await().until(() -> watch.closedConnections() == 1);
  }

  @Test
  void closesAStalledUploadBehindACompleteRequest() {
    try (RawHttp http = connect()) {
      http.send(
          RawHttp.head("POST", "/count", "Content-Length: 3\r\n")
              + "abc"
              + RawHttp.head("POST", "/count", "Content-Length: 9\r\n"));

      assertThat(http.answer().body()).isEqualTo("3");
      assertThat(http.isClosedByServer()).isTrue();
    }
  }

  @Test
  void closesAConnectionWhoseAnswerIsNotRead() {
    try (RawHttp http = connect()) {
      http.send(RawHttp.head("GET", "/large", ""));

      await().atMost(Duration.ofMinutes(2)).until(() -> watch.closedConnections() == 1);
    }
  }

  @Test
  void leavesIdleConnectionsAlone() {
    try (RawHttp http = connect()) {
      assertThat(http.post("/count", "", "abc").body()).isEqualTo("3");
      await().pollDelay(TIMEOUT.multipliedBy(3)).until(() -> true);

      assertThat(http.post("/count", "", "abcd").body()).isEqualTo("4");
    }
    assertThat(watch.closedConnections()).isZero();
  }

  @Test
  void forgetsALineEndThatComesInTwoPieces() {
    try (RawHttp http = connect()) {
      http.send("\r");
      await().until(() -> budget.used() > 0);
      http.send("\n");
      await().pollDelay(TIMEOUT.multipliedBy(3)).until(() -> budget.used() == 0);

      http.send(RawHttp.head("POST", "/count", "Content-Length: 2\r\n") + "a");
      await().until(() -> budget.used() > 0);
      assertThat(http.send("b").answer().body()).isEqualTo("2");
    }
    assertThat(watch.closedConnections()).isZero();
  }

  @Test
  void givesEveryRequestOfAConnectionItsOwnTime() {
    try (RawHttp http = connect()) {
      for (int i = 0; i < 5; i++) {
        http.send(RawHttp.head("POST", "/count", "Content-Length: 2\r\n") + "a");
        await().pollDelay(TIMEOUT.dividedBy(3)).until(() -> true);
        assertThat(http.send("b").answer().body()).isEqualTo("2");
      }
    }
    assertThat(watch.closedConnections()).isZero();
  }

  @Test
  void takesALargeChunkWithoutKeepingIt() {
    try (RawHttp http = connect()) {
      http.send(RawHttp.head("POST", "/count", "Transfer-Encoding: chunked\r\n"));
      http.send(RawHttp.chunk(new byte[700_000])).send("0\r\n\r\n");

      assertThat(http.answer().body()).isEqualTo("700000");
      assertThat(http.post("/count", "", "a").body()).isEqualTo("1");
    }
  }

  @Test
  void delivers413ToAClientThatIsStillSending() {
    byte[] body = new byte[4 * MAX_BODY_BYTES + 1];

    try (RawHttp http = connect()) {
      http.send(RawHttp.head("POST", "/count", "Content-Length: " + body.length + "\r\n"));
      assertThat(canSend(http, body)).isTrue();

      assertThat(http.answer().status()).isEqualTo(413);
      assertThat(http.isClosedByServer()).isTrue();
    }
  }

  @Test
  void readsOnlySoFastWhatItForgets() {
    byte[] body = new byte[24 * MAX_BODY_BYTES];

    try (RawHttp http = connect()) {
      http.send(RawHttp.head("POST", "/count", "Content-Length: " + body.length + "\r\n"));
      long begin = System.nanoTime();
      assertThat(canSend(http, body)).isTrue();
      Duration sent = Duration.ofNanos(System.nanoTime() - begin);

      // At most 32 MiB a second, and a few MiB wait in the kernel. Without pauses it takes 100 ms.
      assertThat(sent).isGreaterThan(Duration.ofMillis(400));
      assertThat(http.answer().status()).isEqualTo(413);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "Connection: keep-alive\r\n", "Host: sluice\r\n", "host: a\r\nX: y\r\n"})
  void answersHttp10AndHangsUp(String headers) {
    try (RawHttp http = connect()) {
      http.send("POST /count HTTP/1.0\r\n" + headers + "Content-Length: 3\r\n\r\nabc");
      Answer answer = http.answer();

      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.body()).isEqualTo("3");
      assertThat(http.isClosedByServer()).isTrue();
    }
  }

  @Test
  void answersHttp10ThatComesByteByByte() {
    String request = "POST /count HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc";

    try (RawHttp http = connect()) {
      request.chars().forEach(c -> http.send(String.valueOf((char) c)));

      assertThat(http.answer().body()).isEqualTo("3");
    }
  }

  @Test
  void closesAfterTheRequestThatAsksForIt() {
    try (RawHttp http = connect()) {
      String last = RawHttp.head("POST", "/count", "Connection: close\r\nContent-Length: 1\r\n");
      http.send(last + "a" + RawHttp.head("GET", "/count", ""));

      assertThat(http.answer().body()).isEqualTo("1");
      assertThat(http.isClosedByServer()).isTrue();
    }
  }

  @Test
  void asksForABodyThatWaitsToBeAskedFor() {
    String expect = "Expect: 100-continue\r\nContent-Length: 3\r\n";

    try (RawHttp http = connect()) {
      assertThat(http.send(RawHttp.head("POST", "/count", expect)).answer().status())
          .isEqualTo(100);
      assertThat(http.send("abc").answer().body()).isEqualTo("3");
    }
  }

  @Test
  void refusesABodyThatWaitsToBeAskedForWithoutAskingForIt() {
    String expect = "Expect: 100-continue\r\nContent-Length: 3\r\n";

    try (RawHttp http = connect()) {
      Answer answer = http.send(RawHttp.head("POST", "/refuse", expect)).answer();

      assertThat(answer.status()).isEqualTo(415);
      assertThat(answer.header("Connection")).isEqualTo("close");
      assertThat(http.isClosedByServer()).isTrue();
    }
  }

  /** The server takes the body that it did not ask for as further requests, and checks none. */
  @ParameterizedTest
  @ValueSource(strings = {"/query", "/nothing-here", "/large"})
  void takesNoBodyThatWasNotAskedForAsARequest(String target) {
    String body = "GET /x/../query HTTP/1.1\r\nHost: a\r\n\r\n";
    for (String framing :
        List.of("Content-Length: " + body.length(), "Transfer-Encoding: chunked")) {
      try (RawHttp http = connect()) {
        http.send(
            RawHttp.head("GET", target, "Expect: 100-continue\r\n" + framing + "\r\n")
                + (framing.startsWith("T") ? "2a\r\n" + body + "\r\n0\r\n\r\n" : body));

        assertThat(http.answer().header("Connection")).isEqualTo("close");
        assertThat(http.sendNoMore().isClosedByServer()).isTrue();
      }
    }
  }

  @Test
  void keepsTheConnectionOfABodyThatWasAskedFor() {
    try (RawHttp http = connect()) {
      String expect = "Expect: 100-continue\r\nContent-Length: 3\r\n";
      http.send(RawHttp.head("POST", "/count", expect) + "abc");

      assertThat(http.answer().status()).isEqualTo(100);
      assertThat(http.answer().body()).isEqualTo("3");
      assertThat(http.get("/query", "").body()).isEqualTo("ok");
    }
  }

  @Test
  void claimsWhatALargeHeadTakesWhileItsHandlerWaits() throws Exception {
    try (RawHttp http = connect()) {
      http.send(RawHttp.head("GET", "/wait?" + "u&".repeat(2_000), ""));
      await().until(() -> waiting.getQueueLength() == 1);

      assertThat(budget.used()).isGreaterThan(64_000);
      waiting.release();
      assertThat(http.answer().body()).isEqualTo("waited");
    }
    await().until(() -> budget.used() == 0);
  }

  @Test
  void saysWhatIsWrongWithAPercentSignInAQuery() {
    try (RawHttp http = connect()) {
      Answer answer = http.get("/query?p=100%", "");

      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.body()).contains("percent sign", "%25");
    }
  }

  @Test
  void servesTheNextRequestAfterARefusedBody() {
    try (RawHttp http = connect()) {
      assertThat(http.post("/refuse", "", new byte[30_000]).status()).isEqualTo(415);
      assertThat(http.post("/count", "", "abc").body()).isEqualTo("3");
    }
  }

  @Test
  void refusesAbsurdHeads() {
    assertBadRequest("GET /count HTTP/1.1\r\nHost: a\r\nX: " + "x".repeat(64 * 1024) + "\r\n\r\n");
    assertBadRequest("GET /count HTTP/1.1\r\nHost: a\r\n" + "X: y\r\n".repeat(10_000) + "\r\n");
    assertBadRequest("GET /count HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n");
    assertBadRequest("GET /count HTTP/1.1\r\nHost: a\r\nX y: b\r\n\r\n");
    assertBadRequest("GET /count HTTP/1.1\r\n\r\n");
    assertBadRequest("GET /" + "x".repeat(100_000) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    assertBadRequest("POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n");
    assertBadRequest("POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: ten\r\n\r\n");
    assertBadRequest("\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\r\n\r\n");
    assertBadRequest("\r\n\r\n\r\n\r\n");
  }

  @Test
  void refusesBodiesWithTwoLengths() {
    assertBadRequest(
        RawHttp.head("POST", "/count", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n")
            + "0\r\n\r\n");
    assertBadRequest(
        RawHttp.head("POST", "/count", "Content-Length: 3\r\nContent-Length: 4\r\n") + "abcd");
  }

  @Test
  void forgetsAClientThatVanishes() {
    try (RawHttp http = connect()) {
      http.send(RawHttp.head("POST", "/count", "Content-Length: 900000\r\n"));
      http.send(new byte[800_000]);
    }
  }

  /** What senders get wrong and every peer forgives: 200, and the number of bytes of the body. */
  @ParameterizedTest(name = "{0}")
  @MethodSource
  void takes(String what, String request, String body) {
    try (RawHttp http = connect()) {
      http.send(request.getBytes(ISO_8859_1));
      Answer answer = http.answer();

      assertThat(answer.status()).as(what + ": " + answer.body()).isEqualTo(200);
      assertThat(answer.body()).as(what).isEqualTo(body);
      assertThat(http.post("/count", "", "next").body()).as("the next request").isEqualTo("4");
    }
  }

  static List<Arguments> takes() {
    String chunked = RawHttp.head("POST", "/count", "Transfer-Encoding: chunked\r\n");
    String three = RawHttp.head("POST", "/count", "Content-Length: 3\r\n") + "abc";
    return List.of(
        arguments("an empty line before", "\r\n" + three, "3"),
        arguments("three empty lines before", "\r\n\n\r\n" + three, "3"),
        arguments(
            "bare line feeds", "POST /count HTTP/1.1\nHost: a\nContent-Length: 3\n\nabc", "3"),
        arguments(
            "some bare line feeds",
            "POST /count HTTP/1.1\r\nHost: a\nContent-Length: 3\r\n\nabc",
            "3"),
        arguments(
            "a length said twice",
            RawHttp.head("POST", "/count", "Content-Length: 3\r\nContent-Length: 3\r\n") + "abc",
            "3"),
        arguments(
            "a length as a list",
            RawHttp.head("POST", "/count", "Content-Length: 3, 3\r\n") + "abc",
            "3"),
        arguments(
            "a length with zeros",
            RawHttp.head("POST", "/count", "Content-Length:003\r\n") + "abc",
            "3"),
        arguments(
            "a length between tabs",
            RawHttp.head("POST", "/count", "Content-Length:\t3 \t\r\n") + "abc",
            "3"),
        arguments(
            "a length three times in a list between blanks",
            RawHttp.head("POST", "/count", "Content-Length: 3 ,3\t, 03\r\n") + "abc",
            "3"),
        arguments(
            "chunked and nothing more in a list",
            RawHttp.head("POST", "/count", "Transfer-Encoding: chunked,\r\n")
                + "1\r\na\r\n0\r\n\r\n",
            "1"),
        arguments(
            "chunked between tabs",
            RawHttp.head("POST", "/count", "Transfer-Encoding:\tchunked\t\r\n")
                + "1\r\na\r\n0\r\n\r\n",
            "1"),
        arguments(
            "an empty media type",
            RawHttp.head("POST", "/type", "Content-Type:  \r\nContent-Length: 0\r\n"),
            "none"),
        arguments("chunks", chunked + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "5"),
        arguments("a size with zeros", chunked + "00003\r\nabc\r\n000\r\n\r\n", "3"),
        arguments("a size with blanks", chunked + "3  \t\r\nabc\r\n0 \r\n\r\n", "3"),
        arguments("a size in capitals", chunked + "A\r\n0123456789\r\n0\r\n\r\n", "10"),
        arguments("an extension", chunked + "3;a=\"b;c\"\r\nabc\r\n0;x\r\n\r\n", "3"),
        arguments("trailers", chunked + "3\r\nabc\r\n0\r\nA: b\r\nC: d\r\n\r\n", "3"),
        arguments("an empty body in chunks", chunked + "0\r\n\r\n", "0"),
        arguments(
            "chunked in capitals",
            RawHttp.head("POST", "/count", "transfer-encoding: CHUNKED\r\n")
                + "1\r\na\r\n0\r\n\r\n",
            "1"),
        arguments(
            "a compressed transfer coding",
            RawHttp.head("POST", "/coding", "Transfer-Encoding: gzip, chunked\r\n") + "0\r\n\r\n",
            "gzip"),
        arguments(
            "a transfer coding on two lines, over a content coding",
            RawHttp.head(
                    "POST",
                    "/coding",
                    "Transfer-Encoding: gzip\r\nContent-Encoding: deflate\r\nTransfer-Encoding: chunked\r\n")
                + "0\r\n\r\n",
            "deflate, gzip"),
        arguments(
            "an escape in the query", RawHttp.head("GET", "/query?a=%2f%2e;b//c/../d", ""), "ok"),
        arguments(
            "a target with its host, which counts",
            "GET http://b:80/target?c=d HTTP/1.1\r\nhost: a\r\n\r\n",
            "b:80/target?c=d"),
        arguments(
            "a target that is only a host",
            "GET HTTPS://[::1]?c HTTP/1.1\r\nHost: a\r\n\r\n",
            "[::1]/?c"));
  }

  /** What RFC 9110 or 9112 forbids, or two readers might take for different things. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "G@T /query HTTP/1.1\r\nHost: a\r\n\r\n",
        "G\0T /query HTTP/1.1\r\nHost: a\r\n\r\n",
        "get /query HTTP/1.1\r\nHost: a\r\n\r\n",
        " GET /query HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET  /query HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /query  HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /query HTTP/1.1 \r\nHost: a\r\n\r\n",
        "GET /query\r\nHost: a\r\n\r\n",
        "GET /query HTTP/2.0\r\nHost: a\r\n\r\n",
        "GET /query HTTP/1.2\r\nHost: a\r\n\r\n",
        "GET /query http/1.1\r\nHost: a\r\n\r\n",
        "GET /qu\tery HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /qu\u00e4ry HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /query?a=\u00e4 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /query#a HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /query?a#b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET query HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://a/query HTTP/1.1\r\n\r\n",
        "GET http:///query HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://u@a/query HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http:/query HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET ftp://a/query HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://a//query HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://a/x/../query HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://a HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET //query HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /./query HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /x/../query HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /query/. HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /%2e/query HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /%2Fquery HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /quer%79 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /query%00 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /query%5c HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /query%3b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /query%253b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /query%zz HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /query;x HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /query\\x HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /query HTTP/1.1\r\nHost: a\r\n: a\r\n\r\n",
        "GET /query HTTP/1.1\r\nHost: a\r\nA : a\r\n\r\n",
        "GET /query HTTP/1.1\r\nHost: a\r\nA\r\n\r\n",
        "GET /query HTTP/1.1\r\nHost: a\r\nA(: a\r\n\r\n",
        "GET /query HTTP/1.1\r\nHost: a\r\nA: a\r\n folded\r\n\r\n",
        "GET /query HTTP/1.1\r\nHost: a\r\nA: a\rb\r\n\r\n",
        "GET /query HTTP/1.1\r\nHost: a\r\nA: a\u0001b\r\n\r\n",
        "GET /query HTTP/1.1\r\nHost: a\r\nA: a\u007fb\r\n\r\n",
        "GET /query HTTP/1.1\r\n Host: a\r\n\r\n",
        "GET /query HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "GET /query HTTP/1.1\r\nHost: a/b\r\n\r\n",
        "GET /query HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET /query HTTP/1.1\r\nHost: u@a\r\n\r\n",
        "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc",
        "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 3 3\r\n\r\nabc",
        "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 3,4\r\n\r\nabc",
        "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 3,\r\n\r\nabc",
        "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\nabc",
        "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: ,3\r\n\r\nabc",
        "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 3,,3\r\n\r\nabc",
        "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 1234567890123456789\r\n\r\nabc",
        "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3\r\n\r\nabc",
        "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\nabc",
        "POST /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n",
        "POST /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n",
        "POST /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
        "POST /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n",
        "POST /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
        "POST /count HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "\r\n\n\n\nGET /query HTTP/1.1\r\nHost: a\r\n\r\n",
        "\rGET /query HTTP/1.1\r\nHost: a\r\n\r\n"
      })
  void refuses(String request) {
    assertBadRequest(request);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "3\r\nabcXX0\r\n\r\n",
        "3\r\nabc\n0\r\n\r\n",
        "3\nabc\r\n0\r\n\r\n",
        "3\r\nabcd\r\n0\r\n\r\n",
        "4\r\nabc\r\n0\r\n\r\n",
        "+3\r\nabc\r\n0\r\n\r\n",
        "-3\r\nabc\r\n0\r\n\r\n",
        "0x3\r\nabc\r\n0\r\n\r\n",
        " 3\r\nabc\r\n0\r\n\r\n",
        "3 3\r\nabc\r\n0\r\n\r\n",
        "\r\nabc\r\n0\r\n\r\n",
        ";x\r\nabc\r\n0\r\n\r\n",
        "g\r\nabc\r\n0\r\n\r\n",
        "10000000000000003\r\nabc\r\n0\r\n\r\n",
        "3;a\nabc\r\n0\r\n\r\n",
        "3;a\0\r\nabc\r\n0\r\n\r\n",
        "3\r\nabc\r\n0\r\nA: b\nC: d\r\n\r\n",
        "3\r\nabc\r\n0\r\n\rX",
        "3\r\nabc\r\n0\n\n"
      })
  void refusesBrokenChunks(String chunks) {
    assertBadRequest(RawHttp.head("POST", "/count", "Transfer-Encoding: chunked\r\n") + chunks);
  }

  @Test
  void boundsChunkExtensionsAndTrailers() {
    String head = RawHttp.head("POST", "/count", "Transfer-Encoding: chunked\r\n");
    assertBadRequest(head + "3;" + "x".repeat(1_000) + "\r\nabc\r\n0\r\n\r\n");
    assertBadRequest(head + "3" + " ".repeat(1_000) + "\r\nabc\r\n0\r\n\r\n");
    assertBadRequest(head + "0".repeat(1_000) + "3\r\nabc\r\n0\r\n\r\n");
    assertBadRequest(head + "0\r\n" + "A: b\r\n".repeat(3_000) + "\r\n");
  }

  @Test
  void readsOneStreamTheSameHoweverItIsCut() {
    String stream =
        RawHttp.head("POST", "/count", "Transfer-Encoding: chunked\r\n")
            + "3;x\r\nabc\r\n0a \r\n0123456789\r\n0\r\nT: t\r\n\r\n"
            + "\r\nPOST /count HTTP/1.1\nHost: a\nContent-Length: 5\n\nfives"
            + RawHttp.head("POST", "/count", "Content-Length: 2\r\nContent-Length: 2\r\n")
            + "ab"
            + RawHttp.head("GET", "/query", "");
    for (int piece = 1; piece < stream.length(); piece += piece < 20 ? 1 : 37) {
      try (RawHttp http = connect()) {
        for (int at = 0; at < stream.length(); at += piece) {
          http.send(stream.substring(at, Math.min(stream.length(), at + piece)));
        }

        assertThat(http.answer().body()).as("pieces of %s", piece).isEqualTo("13");
        assertThat(http.answer().body()).isEqualTo("5");
        assertThat(http.answer().body()).isEqualTo("2");
        assertThat(http.answer().body()).isEqualTo("ok");
      }
    }
  }

  @Test
  void answersARefusalWithoutWaitingForTheBody() {
    for (String length : List.of("Content-Length: 900000\r\n", "Transfer-Encoding: chunked\r\n")) {
      try (RawHttp http = connect()) {
        http.send(RawHttp.head("POST", "/refuse", length));
        Answer answer = http.answer();

        assertThat(answer.status()).isEqualTo(415);
        assertThat(answer.header("Connection")).isEqualTo("close");
      }
    }
  }

  @Test
  void deliversARefusalToAClientThatIsStillSending() {
    byte[] body = new byte[3 << 20];
    try (RawHttp http = connect()) {
      http.send(RawHttp.head("POST", "/refuse", "Content-Length: " + body.length + "\r\n"));
      assertThat(canSend(http, body)).isTrue();

      assertThat(http.answer().status()).isEqualTo(415);
      assertThat(http.isClosedByServer()).isTrue();
    }
  }

  @Test
  void closesAConnectionThatTakesNoSmallAnswers() {
    try (RawHttp http = connect()) {
      byte[] requests = RawHttp.head("GET", "/query", "").repeat(100).getBytes(ISO_8859_1);

      await()
          .atMost(Duration.ofSeconds(30))
          .pollInterval(Duration.ofMillis(1))
          .until(() -> !canSend(http, requests));
    }
    await().until(() -> watch.closedConnections() == 1);
  }

  @Test
  void claimsWhatAnUnfinishedHeadTakesAndRefusesBeyond() {
    List<RawHttp> open = new ArrayList<>();
    // Others have the rest, so that a few hundred connections are too many.
    long left = 1 << 19;
    assertThat(budget.tryTake(BUDGET_BYTES - left)).isTrue();
    long most = left / (15 * 1024) + 200;
    try {
      String head = "GET /query HTTP/1.1\r\nHost: a\r\nX: " + "x".repeat(15_000);
      for (int i = 0; i < most; i++) {
        RawHttp http = connect();
        open.add(http);
        canSend(http, head);
        assertThat(budget.used()).isLessThanOrEqualTo(BUDGET_BYTES);
      }
      // Those that are refused count as connections until they are closed.
      await()
          .untilAsserted(() -> {
            try (RawHttp honest = connect()) {
              assertThat(honest.get("/query", "").body()).isEqualTo("ok");
            }
          });
    } finally {
      open.forEach(RawHttp::close);
      budget.give(BUDGET_BYTES - left);
    }
  }

  private void assertBadRequest(String request) {
    try (RawHttp http = connect()) {
      canSend(http, request.getBytes(ISO_8859_1));
      Answer answer = http.answer();

      assertThat(answer.status()).as(answer.body()).isBetween(400, 431);
      assertThat(answer.header("Content-Type")).isEqualTo("application/json");
      assertThat(answer.header("Connection")).isEqualTo("close");
      assertThat(http.sendNoMore().isClosedByServer()).isTrue();
    }
  }

  private static boolean canSend(RawHttp http, String text) {
    return canSend(http, text.getBytes(ISO_8859_1));
  }

  private static boolean canSend(RawHttp http, byte[] bytes) {
    try {
      http.send(bytes);
      return true;
    } catch (UncheckedIOException e) {
      return false;
    }
  }

  RawHttp connect() {
    return new RawHttp(port());
  }

  final int port() {
    return server.port();
  }

  /** What encrypts the port; nothing does. */
  @Nullable TlsDoor tls() {
    return null;
  }

  private WebServer start() {
    WebServerConfig.Builder builder = WebServer.builder();
    Listeners.configure(
        builder,
        new ListenAddress("127.0.0.1", 0, 128),
        new ConnectionRules(
            ConnectionLimits.of(1_000),
            Proxies.none(),
            tls(),
            ORIGINS,
            watch,
            budget,
            MAX_BODY_BYTES));
    watch.start();
    return builder
        .routing(routing ->
            routing
                .post("/count", GuardedConnectionTest::count)
                .post("/refuse", GuardedConnectionTest::refuse)
                .post("/type", (request, response) -> response.send(type(request)))
                .post("/coding", (request, response) -> response.send(coding(request)))
                .get("/wait", this::waitInHandler)
                .get("/query", (request, response) -> response.send("ok"))
                .get("/target", (request, response) -> response.send(target(request)))
                .get("/", (request, response) -> response.send(target(request)))
                .get("/large", (request, response) -> response.send(new byte[16 << 20])))
        .build()
        .start();
  }

  private void waitInHandler(ServerRequest request, ServerResponse response) throws Exception {
    waiting.acquire();
    response.send("waited");
  }

  private static void count(ServerRequest request, ServerResponse response) throws Exception {
    response.send(String.valueOf(request.content().inputStream().readAllBytes().length));
  }

  private static String target(ServerRequest request) {
    return request.headers().get(HeaderNames.HOST).values()
        + request.prologue().uriPath().rawPath()
        + "?"
        + request.query().rawValue();
  }

  private static String type(ServerRequest request) {
    return request.headers().contains(HeaderNames.CONTENT_TYPE) ? "some" : "none";
  }

  private static String coding(ServerRequest request) {
    return request.headers().get(HeaderNames.CONTENT_ENCODING).values();
  }

  private static void refuse(ServerRequest request, ServerResponse response) {
    ErrorAnswer.send(
        request, response, io.helidon.http.Status.UNSUPPORTED_MEDIA_TYPE_415, "refused");
  }
}
