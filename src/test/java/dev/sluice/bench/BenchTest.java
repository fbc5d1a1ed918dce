package dev.sluice.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntUnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class BenchTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  @Test
  void sendsAsManyAsAreDueWhateverTheJitter() throws Exception {
    try (TestServer server = new TestServer(number -> 204)) {
      BenchReport report = Runs.at(server.port()).rate(300, 1).run();

      assertThat(report.requests()).isEqualTo(300);
      assertThat(report.ok()).isEqualTo(300);
      assertThat(report.clean()).isTrue();
      assertThat(report.seconds()).isBetween(1.0, 3.0);
      assertThat(server.count).hasValue(300);
      assertThat(server.clientPorts).hasSize(4);
    }
  }

  @Test
  void sendsWarmUpAndCoolDownWithoutCountingThem() throws Exception {
    IntUnaryOperator answers = number -> number < 50 || number > 450 ? 503 : 204;
    try (TestServer server = new TestServer(answers)) {
      BenchReport report = Runs.at(server.port()).around(SECOND, SECOND.dividedBy(2)).run();

      assertThat(report.requests()).isEqualTo(200);
      assertThat(report.failed()).isEmpty();
      assertThat(server.count).hasValue(500);
    }
  }

  @Test
  void countsNoCoolDownOfAClosedLoop() throws Exception {
    TestServer[] self = new TestServer[1];
    long begin = System.nanoTime();
    try (TestServer server =
        new TestServer(number -> {
          self[0].hold(1);
          return 204;
        })) {
      self[0] = server;
      BenchReport report = Runs.at(server.port()).closedLoop().around(SECOND, SECOND).run();

      assertThat(System.nanoTime() - begin).isGreaterThan(3 * SECOND.toNanos());
      assertThat(report.seconds()).isBetween(1.0, 1.9);
      assertThat(report.requests()).isLessThan(server.count.get());
    }
  }

  @Test
  void keepsItsRateWhenTheServerStallsAndCountsTheWait() throws Exception {
    AtomicLong stalledUntil = new AtomicLong();
    TestServer[] self = new TestServer[1];
    try (TestServer server =
        new TestServer(number -> {
          // The hundredth request begins a second in which nothing is answered.
          long now = System.nanoTime();
          if (number == 100) {
            stalledUntil.set(now + SECOND.toNanos());
          }
          self[0].hold(Math.max(0, (stalledUntil.get() - now) / 1_000_000));
          return 204;
        })) {
      self[0] = server;
      BenchReport report =
          Runs.at(server.port()).connections(8, Duration.ofSeconds(3)).rate(200, 0).run();

      assertThat(report.requests()).isEqualTo(600);
      assertThat(report.ok()).isEqualTo(600);
      // A third of the requests fell due in that second; no more than eight were sent in it.
      assertThat(report.latency().max()).isGreaterThan(900_000);
      assertThat(report.latency().p90()).isGreaterThan(400_000);
      assertThat(report.service().p90()).isLessThan(report.latency().p90() / 2);
      // The server kept it from sending, not itself.
      assertThat(report.behind().p99()).isLessThan(400_000);
    }
  }

  @Test
  void waitsForEachAnswerWithoutARate() throws Exception {
    TestServer[] self = new TestServer[1];
    try (TestServer server =
        new TestServer(number -> {
          self[0].hold(50);
          return 204;
        })) {
      self[0] = server;
      BenchReport report = Runs.at(server.port()).closedLoop().run();

      // Four connections, at most twenty answers each.
      assertThat(report.requests()).isBetween(4L, 84L).isEqualTo(server.count.get());
      assertThat(report.latency().p50()).isGreaterThan(45_000);
    }
  }

  @Test
  void countsFailuresByWhatWasAnswered() throws Exception {
    try (TestServer server =
        new TestServer(number ->
            switch (number % 4) {
              case 0 -> 503;
              case 1 -> 400;
              case 2 -> TestServer.DROP;
              default -> 200;
            })) {
      BenchReport report = Runs.at(server.port()).run();

      assertThat(report.failed()).isEqualTo(Map.of("503", 50L, "400", 50L, "closed", 50L));
      assertThat(report.ok()).isEqualTo(50);
      assertThat(report.readings()).isEqualTo(50);
      assertThat(report.clean()).isFalse();
    }
  }

  @Test
  void givesUpOnAnswersThatDoNotCome() throws Exception {
    try (TestServer server = new TestServer(number -> number == 0 ? TestServer.HANG : 204)) {
      BenchReport report = Runs.at(server.port()).timeout(Duration.ofMillis(300)).run();

      assertThat(report.failed()).isEqualTo(Map.of("timeout", 1L));
      assertThat(report.requests()).isEqualTo(200);
      assertThat(report.latency().max()).isGreaterThan(300_000);
    }
  }

  @Test
  void countsWhatItCouldNoLongerSend() throws Exception {
    try (TestServer server = new TestServer(number -> TestServer.HANG)) {
      BenchReport report =
          Runs.at(server.port()).timeout(Duration.ofMillis(400)).connections(1, SECOND).run();

      assertThat(report.requests()).isEqualTo(200);
      assertThat(report.failed()).containsOnlyKeys("timeout", "unsent");
      assertThat(report.failed().get("timeout")).isBetween(2L, 5L);
    }
  }

  @Test
  void countsRequestsThatFindNobodyAnyMore() throws Exception {
    try (ServerSocket listening = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual().start(() -> answerOnceAndGo(listening));

      BenchReport report =
          Runs.at(listening.getLocalPort()).connections(1, Duration.ofMillis(500)).run();

      assertThat(report.requests()).isEqualTo(100);
      assertThat(report.failed()).isEqualTo(Map.of("connect", 98L, "protocol", 1L));
    }
  }

  /** One good answer, one that is none, and nobody listens. */
  private static void answerOnceAndGo(ServerSocket listening) {
    try (Socket socket = listening.accept()) {
      listening.close();
      for (String answer : new String[] {"HTTP/1.1 204 No Content\r\n\r\n", "220 mail\r\n"}) {
        byte[] request = new byte[4_096];
        assertThat(socket.getInputStream().read(request)).isPositive();
        socket.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
      }
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void sendsAllThatItKeptInABurstWhenItReconnects() throws Exception {
    ReceiptLog log = new ReceiptLog();
    try (TestServer server = new TestServer(number -> 204)) {
      server.onBody = log::received;
      BenchReport report =
          Runs.at(server.port())
              .connections(20, Duration.ofSeconds(3))
              .rate(400, 0)
              .outages(SECOND, Duration.ofMillis(600), 0.2)
              .run();

      assertThat(report.ok()).isEqualTo(1_200);
      assertThat(server.requests).hasSize(1_200);
      // Four of twenty go after one second, and four after two.
      assertThat(server.clientPorts).hasSize(28);
      // 20 a second each, so twelve in 0.6 s, taken when they were due and received together.
      assertThat(log.olderThanMillis(300)).isBetween(8 * 5, 8 * 12);
      // Due again on its return, so a burst is no latency.
      assertThat(report.latency().p50()).isLessThan(300_000);
    }
  }

  /** How old readings were when they came. */
  private static final class ReceiptLog {
    private static final Pattern TS = Pattern.compile("\"ts\":(\\d+)");
    private final java.util.Queue<Long> ages = new java.util.concurrent.ConcurrentLinkedQueue<>();

    void received(String body) {
      Matcher ts = TS.matcher(body);
      assertThat(ts.find()).isTrue();
      ages.add(System.currentTimeMillis() - Long.parseLong(ts.group(1)));
    }

    int olderThanMillis(long millis) {
      return (int) ages.stream().filter(age -> age > millis).count();
    }
  }

  @Test
  void saysThatNobodyListens() throws IOException {
    int port;
    try (ServerSocket unused = new ServerSocket(0)) {
      port = unused.getLocalPort();
    }

    assertThatThrownBy(() -> Runs.at(port).run())
        .isInstanceOf(BenchException.class)
        .hasMessageContainingAll(
            "cannot connect to http://127.0.0.1:" + port, "nothing listens there", "--url");
  }

  @Test
  void saysThatItsRequestsDoNotFitIntoMemory() {
    assertThatThrownBy(() ->
            Runs.at(1).connections(100_000, SECOND).carrying(Format.LINES, 100_000, 100, 0).run())
        .isInstanceOf(BenchException.class)
        .hasMessageContainingAll("--batch 100,000", "SLUICE_JAVA_OPTIONS=-Xmx");
  }
}
