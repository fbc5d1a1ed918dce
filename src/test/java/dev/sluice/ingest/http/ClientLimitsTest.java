package dev.sluice.ingest.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.RawHttp;
import dev.sluice.http.RawHttp.Answer;
import dev.sluice.http.limit.Limit;
import dev.sluice.http.limit.LimitsConfig;
import dev.sluice.http.limit.SteppedLimits;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of clients over a limit of their own, and of those beside them. */
class ClientLimitsTest {
  private static final int MAX_BODY_BYTES = 1 << 20;
  private static final long MAX_INFLIGHT_BYTES = 4L << 20;
  private static final String HOT = SteppedLimits.header("hot");
  private static final String CALM = SteppedLimits.header("calm");
  private static final String LINE = "temp,device=s-17 value=21.5 1795300000000000000\n";
  private static final String READING =
      "{\"device_id\":\"s-17\",\"ts\":1795300000000,\"temp\":21.5}";

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"/v1/readings, 429", "/api/v2/write, 429", "/write, 503"})
  void refusesAClientOverItsLimitAsItsClientsUnderstand(String target, int status)
      throws IOException {
    var limited = new SteppedLimits(new LimitsConfig(2, 0, 0, 0, 0, 0));
    try (IngestServer server = server(limited);
        RawHttp hot = server.connect();
        RawHttp calm = server.connect()) {
      String body = target.equals("/v1/readings") ? READING : LINE;
      String five =
          body.equals(LINE) ? LINE.repeat(5) : "[" + (READING + ",").repeat(4) + READING + "]";
      assertThat(hot.post(target, HOT, five).status()).isEqualTo(204);

      Answer refused = hot.post(target, HOT, body);

      assertThat(refused.status()).isEqualTo(status);
      assertThat(refused.header("Retry-After")).isEqualTo("2");
      assertThat(refused.header("Content-Type")).isEqualTo("application/json");
      assertThat(refused.body())
          .contains("has sent 5 readings more than its 2 a second allow by now")
          .contains("(limits.readings-per-second); nothing was stored, send it again in 2 s");
      assertThat(server.kept).hasSize(5);
      assertThat(calm.post(target, CALM, body).status()).isEqualTo(204);
      assertThat(server.kept).hasSize(6);
      assertThat(server.admission.counters().overLimitRequests()).isEqualTo(1);
      assertThat(server.admission.counters().notNowRequests()).isZero();
    }
  }

  @Test
  void refusesAnOtlpClientOverItsLimitInItsOwnEncoding() throws IOException {
    var limited = new SteppedLimits(new LimitsConfig(2, 0, 0, 0, 0, 0));
    String json = HOT + "Content-Type: application/json\r\n";
    String points = "{\"asInt\":1,\"timeUnixNano\":\"1795300000000000000\"}";
    String body =
        "{\"resourceMetrics\":[{\"resource\":{\"attributes\":[{\"key\":\"host.name\",\"value\":"
            + "{\"stringValue\":\"h\"}}]},\"scopeMetrics\":[{\"metrics\":[{\"name\":\"m\",\"gauge\":"
            + "{\"dataPoints\":["
            + (points + ",").repeat(4)
            + points
            + "]}}]}]}]}";
    try (IngestServer server = server(limited);
        RawHttp hot = server.connect()) {
      assertThat(hot.post("/v1/metrics", json, body).status()).isEqualTo(200);

      Answer refused = hot.post("/v1/metrics", json, body);

      assertThat(refused.status()).isEqualTo(429);
      assertThat(refused.header("Retry-After")).isEqualTo("2");
      assertThat(refused.body())
          .startsWith("{\"code\":8,\"message\":")
          .contains("(limits.readings-per-second); nothing was stored, send it again in 2 s");
      assertThat(server.kept).hasSize(5);
    }
  }

  @Test
  void tellsTheTrueWait() throws IOException {
    var limited = new SteppedLimits(new LimitsConfig(3, 0, 0, 0, 0, 0));
    try (IngestServer server = server(limited);
        RawHttp http = server.connect()) {
      for (int count = 1; count < 40; count += 3) {
        assertThat(http.post("/write", HOT, LINE.repeat(count)).status()).isEqualTo(204);
        Answer refused = http.post("/write", HOT, LINE);
        while (refused.status() == 204) {
          refused = http.post("/write", HOT, LINE);
        }
        int kept = server.kept.size();

        int seconds = Integer.parseInt(refused.header("Retry-After"));
        limited.pass(Duration.ofSeconds(seconds).minus(Duration.ofSeconds(1)));
        assertThat(http.post("/write", HOT, LINE).status()).isEqualTo(503);
        assertThat(server.kept).hasSize(kept);
        limited.pass(Duration.ofSeconds(1));
      }
    }
  }

  @Test
  void countsBytesAsDecodedAndWhateverBecomesOfThem() throws IOException {
    var limited = new SteppedLimits(new LimitsConfig(0, 1_000, 0, 0, 0, 0));
    try (IngestServer server = server(limited);
        RawHttp http = server.connect()) {
      assertThat(http.post("/write", HOT, "#" + "x".repeat(2_999) + "\n").status()).isEqualTo(204);

      Answer refused = http.post("/write", HOT, LINE);

      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.header("Retry-After")).isEqualTo("3");
      assertThat(refused.body())
          .contains(
              "3001 bytes more than its 1000 a second allow by now (limits.bytes-per-second)");
      assertThat(server.kept).isEmpty();
      limited.pass(Duration.ofSeconds(3));
      assertThat(http.post("/write", HOT, LINE).status()).isEqualTo(204);
    }
  }

  @ParameterizedTest
  @CsvSource({"100000, 8, 400", "2000000, 0, 413"})
  void countsWhatIsDecodedOfABodyThatIsRefused(int bytes, int wrong, int status)
      throws IOException {
    var limited = new SteppedLimits(new LimitsConfig(0, 1_000, 0, 0, 0, 0));
    byte[] packed = gzip(new byte[bytes]);
    packed[packed.length - 8] ^= (byte) wrong;
    try (IngestServer server = server(limited);
        RawHttp bomb = server.connect();
        RawHttp next = server.connect()) {
      Answer refused = bomb.post("/write", HOT + "Content-Encoding: gzip\r\n", packed);
      assertThat(refused.status()).isEqualTo(status);

      assertThat(next.post("/write", HOT, LINE).body())
          .contains("more than its 1000 a second allow by now (limits.bytes-per-second)");
    }
  }

  private static byte[] gzip(byte[] body) throws IOException {
    var packed = new ByteArrayOutputStream();
    try (var out = new GZIPOutputStream(packed)) {
      out.write(body);
    }
    return packed.toByteArray();
  }

  @Test
  void keepsTheConnectionOfARefusedClientWithASmallBody() throws IOException {
    var limited = new SteppedLimits(new LimitsConfig(1, 0, 0, 0, 0, 0));
    try (IngestServer server = server(limited);
        RawHttp http = server.connect()) {
      assertThat(http.post("/v1/readings", HOT, READING).status()).isEqualTo(204);
      for (int i = 0; i < 10; i++) {
        assertThat(http.post("/v1/readings", HOT, READING).status()).isEqualTo(429);
      }

      limited.pass(Duration.ofSeconds(1));

      assertThat(http.post("/v1/readings", HOT, READING).status()).isEqualTo(204);
      assertThat(server.kept).hasSize(2);
    }
  }

  @Test
  void refusesBeforeTheBodyIsSent() throws IOException {
    var limited = new SteppedLimits(new LimitsConfig(1, 0, 0, 0, 0, 0));
    try (IngestServer server = server(limited);
        RawHttp first = server.connect();
        RawHttp second = server.connect()) {
      assertThat(first.post("/v1/readings", HOT, READING).status()).isEqualTo(204);

      second.send(RawHttp.head("POST", "/v1/readings", HOT + "Content-Length: 900000\r\n"));

      Answer refused = second.answer();
      assertThat(refused.status()).isEqualTo(429);
      assertThat(refused.header("Connection")).isEqualTo("close");
    }
  }

  @Test
  void letsAClientHaveSoManyRequestsAtATime() throws IOException {
    var limited = new SteppedLimits(new LimitsConfig(0, 0, 2, 0, 0, 0));
    CountDownLatch go = new CountDownLatch(1);
    try (IngestServer server = server(limited);
        RawHttp one = server.connect();
        RawHttp two = server.connect();
        RawHttp three = server.connect();
        RawHttp calm = server.connect()) {
      server.journal =
          readings -> {
            awaitUninterrupted(go);
            return server.keep(readings);
          };
      one.send(request(HOT, READING));
      two.send(request(HOT, READING));
      await().until(() -> server.gate.inside() == 2);

      Answer refused = three.post("/v1/readings", HOT, READING);

      assertThat(refused.status()).isEqualTo(429);
      assertThat(refused.header("Retry-After")).isEqualTo("1");
      assertThat(refused.body()).contains("has 2 requests in progress");
      calm.send(request(CALM, READING));
      await().until(() -> server.gate.inside() == 3);
      go.countDown();
      assertThat(one.answer().status()).isEqualTo(204);
      assertThat(two.answer().status()).isEqualTo(204);
      assertThat(calm.answer().status()).isEqualTo(204);
      await().until(() -> three.post("/v1/readings", HOT, READING).status() == 204);
    }
  }

  @Test
  void lendsOneClientNoMoreThanItsShareOfMemory() throws IOException {
    var limited = new SteppedLimits(new LimitsConfig(0, 0, 0, 0.25, 0, 0));
    List<RawHttp> hogs = new ArrayList<>();
    byte[] half = new byte[450_000];
    try (IngestServer server = server(limited);
        RawHttp calm = server.connect()) {
      for (int i = 0; i < 10; i++) {
        RawHttp hog = server.connect();
        hogs.add(hog);
        hog.send(RawHttp.head("POST", "/v1/readings", HOT + "Content-Length: 900000\r\n"));
        hog.send(half);
      }
      // One of them may have it all, so that it is not refused forever.
      await().until(() -> limited.limits.counters().refused(Limit.INFLIGHT_SHARE) == 9);
      assertThat(server.budget.used()).isLessThan(MAX_INFLIGHT_BYTES / 2);

      String large = LINE.repeat(900_000 / LINE.length());
      assertThat(calm.post("/api/v2/write", CALM, large).status()).isEqualTo(204);

      hogs.forEach(RawHttp::close);
      await().until(() -> server.budget.used() == 0);
      assertThat(calm.post("/api/v2/write", HOT, large).status()).isEqualTo(204);
    } finally {
      hogs.forEach(RawHttp::close);
    }
  }

  @Test
  void slowsFailedTokensAndServesAValidOneFromTheSameAddress() throws IOException {
    var limited = new SteppedLimits(new LimitsConfig(0, 0, 0, 0, 0, 3));
    String wrong = SteppedLimits.header("guess");
    try (IngestServer server = server(limited)) {
      for (int i = 0; i < 3; i++) {
        assertThat(once(server, wrong).status()).isEqualTo(401);
      }

      Answer slowed = once(server, wrong);

      assertThat(slowed.status()).isEqualTo(429);
      assertThat(slowed.header("Retry-After")).isEqualTo("1");
      assertThat(slowed.header("Connection")).isEqualTo("close");
      assertThat(slowed.body()).contains("limits.unknown-per-second").doesNotContain("guess");
      assertThat(once(server, HOT).status()).isEqualTo(204);
      assertThat(once(server, "").status()).isEqualTo(401);
      limited.pass(Duration.ofSeconds(1));
      assertThat(once(server, wrong).status()).isEqualTo(401);
      assertThat(server.kept).hasSize(1);
    }
  }

  private static Answer once(IngestServer server, String header) {
    try (RawHttp http = server.connect()) {
      return http.post("/v1/readings", header, READING);
    }
  }

  private IngestServer server(SteppedLimits limited) throws IOException {
    return new IngestServer(
        MAX_BODY_BYTES,
        MAX_INFLIGHT_BYTES,
        limited.tokens(folder.resolve("tokens"), "hot", "calm"),
        limited.limits);
  }

  private static String request(String header, String body) {
    return RawHttp.head(
            "POST", "/v1/readings", header + "Content-Length: " + body.length() + "\r\n")
        + body;
  }

  private static void awaitUninterrupted(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError("nobody interrupts this thread", e);
    }
  }
}
