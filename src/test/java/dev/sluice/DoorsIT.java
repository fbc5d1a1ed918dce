package dev.sluice;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.RawHttp;
import dev.sluice.http.RawHttp.Answer;
import dev.sluice.testing.ServeFixture;
import dev.sluice.testing.SluiceProcess;
import dev.sluice.testing.TokenFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The production jar with a small heap, tokens asked for, and senders that hold on to whatever they
 * can. Whatever they do, the process lives and an honest client is served.
 */
@Tag("long")
class DoorsIT {
  private static final String TOKEN = "open sesame";
  private static final String AUTH = "Authorization: Bearer " + TOKEN + "\r\n";
  private static final String LINE = "temp,device=honest value=1 1795300000\n";
  private static final int KIB = 1024;

  @TempDir Path directory;

  private final List<SocketChannel> hostile = new ArrayList<>();
  private List<String> settings = List.of();

  @BeforeEach
  void migrate() throws Exception {
    Path tokens =
        TokenFiles.write(directory.resolve("tokens"), TokenFiles.line(TOKEN, "write,read"));
    settings =
        List.of(
            "data.dir=" + directory.resolve("data"),
            "ingest.port=0",
            "admin.port=0",
            "questdb.console-port=0",
            "questdb.pg-port=0",
            "auth.tokens-file=" + tokens,
            "cutover.initial-phase=retired");
    ServeFixture.migrate(settings);
  }

  @AfterEach
  void hangUp() throws IOException {
    for (SocketChannel channel : hostile) {
      channel.close();
    }
  }

  @Test
  void livesThroughUnfinishedChunksWithoutAToken() {
    byte[] sent = unfinishedChunk("", 70 * KIB);
    survives(sluice -> hold(sluice, 7_500, sent));
  }

  @Test
  void livesThroughUnfinishedChunksWithAToken() {
    byte[] many = unfinishedChunk(AUTH, 70 * KIB);
    byte[] large = unfinishedChunk(AUTH, 130 * KIB);
    survives(sluice -> {
      hold(sluice, 1_500, large);
      hold(sluice, 5_000, many);
    });
  }

  @Test
  void livesThroughUnfinishedHeads() {
    String headers = "GET /ping HTTP/1.1\r\nHost: localhost\r\nX: " + "x".repeat(15 * KIB);
    String line = "GET /" + "x".repeat(7 * KIB);
    survives(sluice -> {
      hold(sluice, 5_000, headers.getBytes(ISO_8859_1));
      hold(sluice, 4_000, line.getBytes(ISO_8859_1));
    });
  }

  @Test
  void livesThroughManyHeadersAndBodiesThatDoNotCome() {
    String head =
        "POST /write HTTP/1.1\r\nHost: localhost\r\n"
            + AUTH
            + "A:b\r\n".repeat(120)
            + "Content-Length: 3000\r\n\r\nx";
    survives(sluice -> hold(sluice, 9_000, head.getBytes(ISO_8859_1)));
  }

  @Test
  void livesThroughAnswersThatNobodyReads() {
    byte[] pings =
        "GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(4_000).getBytes(ISO_8859_1);
    String bad =
        "temp,device=a x=\"\u0001\u0001\u0001\u0001\u0001\u0001\u0001\u0001\"\n".repeat(100);
    byte[] refused =
        ("POST /write HTTP/1.1\r\nHost: localhost\r\n"
                + AUTH
                + "Content-Length: "
                + bad.length()
                + "\r\n\r\n"
                + bad)
            .repeat(100)
            .getBytes(ISO_8859_1);
    survives(sluice -> {
      hold(sluice, 1_000, pings);
      hold(sluice, 300, refused);
    });
  }

  @Test
  void answersSmallReadsWhileLargePagesAreNotRead() {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 100_000; i++) {
      lines.append("temp,device=big value=").append(i).append(' ');
      lines.append(1_795_300_000L + i).append('\n');
    }
    byte[] page =
        ("GET /v1/readings?device=big&limit=100000 HTTP/1.1\r\nHost: localhost\r\n" + AUTH + "\r\n")
            .getBytes(ISO_8859_1);
    List<String> anyTime = new ArrayList<>(settings);
    anyTime.add("ingest.max-ahead=3650d");
    try (SluiceProcess sluice = SluiceProcess.start(directory, "serve", anyTime)) {
      try (RawHttp http = new RawHttp(port(sluice))) {
        Answer kept = http.post("/write?precision=s", AUTH, lines.toString());
        assertThat(kept.status()).as(kept.body()).isEqualTo(204);
      }
      await()
          .untilAsserted(() -> {
            try (RawHttp http = new RawHttp(port(sluice))) {
              Answer all = http.get("/v1/readings?device=big&limit=100000", AUTH);
              assertThat(all.body()).contains("99999");
            }
          });
      for (int round = 0; round < 3; round++) {
        hold(sluice, 6, page);
        awaitRead(sluice);
      }
      assertThat(sluice.alive()).isTrue();
    }
  }

  private static void awaitRead(SluiceProcess sluice) {
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> {
          try (RawHttp http = new RawHttp(port(sluice))) {
            return http.get("/v1/readings?device=big&limit=10", AUTH).status() == 200;
          } catch (UncheckedIOException e) {
            return false;
          }
        });
  }

  @Test
  void takesLargeBodiesWhileWritersDoNotReadTheirAnswers() {
    String bad = "temp,device=a \u0001\u0001\u0001\u0001\u0001\u0001\u0001\u0001=1\n".repeat(200);
    String big = "#" + "x".repeat(1 << 20) + "\n" + bad;
    String head = "POST /write HTTP/1.1\r\nHost: localhost\r\n" + AUTH + "Content-Length: ";
    byte[] sent =
        ((head + bad.length() + "\r\n\r\n" + bad).repeat(60)
                + (head + big.length() + "\r\n\r\n" + big).repeat(2))
            .getBytes(ISO_8859_1);
    byte[] honest = ("#" + "x".repeat(2 << 20) + "\n" + LINE).getBytes(ISO_8859_1);
    try (SluiceProcess sluice = SluiceProcess.start(directory, "serve", settings)) {
      hold(sluice, 140, sent);
      for (int i = 0; i < 10; i++) {
        await()
            .atMost(Duration.ofSeconds(60))
            .until(() -> {
              try (RawHttp http = new RawHttp(port(sluice))) {
                return http.post("/write?precision=s", AUTH, honest).status() == 204;
              } catch (UncheckedIOException e) {
                return false;
              }
            });
      }
      assertThat(sluice.alive()).isTrue();
    }
  }

  @Test
  void servesSmallRequestsWhileLargeOnesAreParsed() throws InterruptedException {
    byte[] lineFeeds = "\n".repeat(14_000_000).getBytes(ISO_8859_1);
    try (SluiceProcess sluice = SluiceProcess.start(directory, "serve", settings)) {
      List<Thread> senders = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        senders.add(Thread.ofPlatform().start(() -> postAFewTimes(sluice, lineFeeds)));
      }
      int served = 0;
      while (senders.stream().anyMatch(Thread::isAlive)) {
        try (RawHttp http = new RawHttp(port(sluice))) {
          // Each has the twenty seconds of the client, on a machine however busy.
          assertThat(http.post("/write?precision=s", AUTH, LINE).status()).isEqualTo(204);
          served++;
        }
      }
      assertThat(served).isPositive();
    }
  }

  @Test
  void turnsAwayConnectionsBeyondTheLimitAndServesAgainBelowIt() {
    List<String> few = new ArrayList<>(settings);
    few.add("http.max-connections=100");
    try (SluiceProcess sluice = SluiceProcess.start(directory, "serve", few)) {
      byte[] ping = "GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(ISO_8859_1);
      hold(sluice, 110, ping);
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() -> {
            try (RawHttp http = new RawHttp(port(sluice))) {
              Answer answer = http.get("/ping", "");
              assertThat(answer.status()).isEqualTo(503);
              assertThat(answer.header("Retry-After")).isNotEmpty();
            }
          });
      hold(sluice, 2_000, ping);
      assertThat(ready(sluice)).isEqualTo(200);
      hostile.forEach(DoorsIT::close);
      awaitServed(sluice);
    }
  }

  @Test
  void keepsFilesForItselfHoweverManyConnectTo() {
    List<String> before = List.of("prlimit", "--nofile=700:700");
    try (SluiceProcess sluice = SluiceProcess.start(directory, before, "serve", settings)) {
      hold(sluice, 3_000, "GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(ISO_8859_1));
      assertThat(ready(sluice)).isEqualTo(200);
      hostile.forEach(DoorsIT::close);
      awaitServed(sluice);
      assertThat(sluice.log()).doesNotContain("Too many open files");
    }
  }

  @Test
  void endsWhenAPortIsClosedForGood() throws Exception {
    try (SluiceProcess sluice = SluiceProcess.start(directory, "serve", settings)) {
      limitFiles(sluice, 20);
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> {
            hold(sluice, 1, new byte[0]);
            return sluice.log().contains("Too many open files");
          });
      limitFiles(sluice, 4_000);

      assertThat(sluice.awaitExit(Duration.ofMinutes(2))).isEqualTo(1);
      assertThat(sluice.log()).contains("port", "cannot continue");
    }
  }

  private interface Attack {
    void on(SluiceProcess sluice);
  }

  private void survives(Attack attack) {
    try (SluiceProcess sluice = SluiceProcess.start(directory, "serve", settings)) {
      awaitServed(sluice);
      attack.on(sluice);
      for (int i = 0; i < 20; i++) {
        awaitServed(sluice);
      }
      hostile.forEach(DoorsIT::close);
      awaitServed(sluice);
      assertThat(sluice.alive()).as(sluice.log()).isTrue();
      assertThat(sluice.log()).doesNotContain("OutOfMemoryError");
    }
  }

  /** An honest client: it comes again after a 503, as it is told. */
  private static void awaitServed(SluiceProcess sluice) {
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> {
          if (!sluice.alive()) {
            throw new AssertionError("ended: " + sluice.log());
          }
          try (RawHttp http = new RawHttp(port(sluice))) {
            return http.post("/write?precision=s", AUTH, LINE).status() == 204;
          } catch (UncheckedIOException e) {
            return false;
          }
        });
  }

  /** Opens connections, sends as much as fits into the buffers between, and leaves them so. */
  private void hold(SluiceProcess sluice, int connections, byte[] sent) {
    var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port(sluice));
    for (int i = 0; i < connections; i++) {
      try {
        SocketChannel channel = SocketChannel.open();
        hostile.add(channel);
        channel.setOption(StandardSocketOptions.SO_RCVBUF, 2 * KIB);
        channel.connect(address);
        channel.configureBlocking(false);
        ByteBuffer bytes = ByteBuffer.wrap(sent);
        for (int tries = 0; tries < 100 && bytes.hasRemaining(); tries++) {
          channel.write(bytes);
        }
      } catch (IOException e) {
        // Turned away: that is fine.
      }
    }
  }

  private static void postAFewTimes(SluiceProcess sluice, byte[] body) {
    for (int i = 0; i < 5; i++) {
      try (RawHttp http = new RawHttp(port(sluice))) {
        http.post("/write", AUTH, body);
      } catch (UncheckedIOException e) {
        // A 503 in the middle of the body is fine too.
      }
    }
  }

  private static byte[] unfinishedChunk(String headers, int bytes) {
    String head =
        "POST /v1/readings HTTP/1.1\r\nHost: localhost\r\n"
            + headers
            + "Transfer-Encoding: chunked\r\n\r\n";
    return (head + Integer.toHexString(bytes + 1_000) + "\r\n" + " ".repeat(bytes))
        .getBytes(ISO_8859_1);
  }

  private static int ready(SluiceProcess sluice) {
    try (RawHttp http = new RawHttp(sluice.url("admin").getPort())) {
      return http.get("/health/ready", "").status();
    }
  }

  private static void limitFiles(SluiceProcess sluice, int files) throws Exception {
    Process prlimit =
        new ProcessBuilder(
                "prlimit", "--pid", String.valueOf(sluice.pid()), "--nofile=" + files + ":")
            .start();
    assertThat(prlimit.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(prlimit.exitValue()).isZero();
  }

  private static int port(SluiceProcess sluice) {
    return sluice.url("ingest").getPort();
  }

  private static void close(SocketChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
