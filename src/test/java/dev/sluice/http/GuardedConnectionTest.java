package dev.sluice.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.RawHttp.Answer;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.UncheckedIOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a listener does with hostile, slow and old clients, on a route that counts bytes. */
class GuardedConnectionTest {
  private static final Duration TIMEOUT = Duration.ofMillis(400);
  private static final int MAX_BODY_BYTES = 1 << 20;
  private static final int BUDGET_BYTES = 1 << 20;

  private final StallWatch watch = new StallWatch(TIMEOUT);
  private final ByteBudget budget = new ByteBudget(BUDGET_BYTES);
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
  void claimsTheMemoryOfALargeChunkAndRefusesMoreThanThereIs() {
    byte[] chunk = RawHttp.chunk(new byte[3 << 20]);

    try (RawHttp http = connect()) {
      http.send(RawHttp.head("POST", "/count", "Transfer-Encoding: chunked\r\n"));
      Thread.ofVirtual().start(() -> canSend(http, chunk));
      Answer answer = http.answer();

      assertThat(answer.status()).isEqualTo(503);
      assertThat(answer.header("Retry-After")).isEqualTo("1");
    }
  }

  @Test
  void takesALargeChunkWithinItsMemory() {
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

  @Test
  void servesTheNextRequestAfterARefusedBody() {
    try (RawHttp http = connect()) {
      assertThat(http.post("/refuse", "", new byte[300_000]).status()).isEqualTo(415);
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

  private void assertBadRequest(String request) {
    try (RawHttp http = connect()) {
      canSend(http, request.getBytes(ISO_8859_1));
      Answer answer = http.answer();

      assertThat(answer.status()).as(answer.body()).isBetween(400, 431);
      assertThat(answer.header("Content-Type")).isEqualTo("application/json");
      assertThat(http.isClosedByServer()).isTrue();
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

  private RawHttp connect() {
    return new RawHttp(server.port());
  }

  private WebServer start() {
    WebServerConfig.Builder builder = WebServer.builder();
    Listeners.configure(builder, "127.0.0.1", 0, MAX_BODY_BYTES, watch, budget);
    watch.start();
    return builder
        .routing(routing ->
            routing
                .post("/count", GuardedConnectionTest::count)
                .post("/refuse", GuardedConnectionTest::refuse)
                .get("/large", (request, response) -> response.send(new byte[16 << 20])))
        .build()
        .start();
  }

  private static void count(ServerRequest request, ServerResponse response) throws Exception {
    response.send(String.valueOf(request.content().inputStream().readAllBytes().length));
  }

  private static void refuse(ServerRequest request, ServerResponse response) {
    ErrorAnswer.send(
        request, response, io.helidon.http.Status.UNSUPPORTED_MEDIA_TYPE_415, "refused");
  }
}
