package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.RawHttp;
import dev.sluice.testing.SluiceProcess;
import dev.sluice.testing.TestCertificates;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The production jar, thousands of clients that all begin a TLS connection at the same moment, and
 * an honest one that goes on posting beside them.
 */
@Tag("long")
class HandshakeStormIT {
  private static final int STORM = 5_000;
  private static final String LINE = "temp,device=honest value=1 1795300000\n";

  /** Far more than any answer takes here, and far less than the storm's handshakes one by one. */
  private static final Duration NO_STALL = Duration.ofSeconds(10);

  private static final int PATIENCE_MS = 180_000;

  /** What became of a connection of the storm. */
  private enum Outcome {
    SERVED,
    CLOSED,
    NEITHER
  }

  @TempDir Path directory;
  private final TestCertificates authority = TestCertificates.authority("fleet-ca");
  private final SSLContext client = authority.client();
  private List<String> settings = List.of();

  @BeforeEach
  void migrate() {
    TestCertificates server = authority.issue("sluice");
    settings =
        List.of(
            "data.dir=" + directory.resolve("data"),
            "ingest.port=0",
            "admin.port=0",
            "questdb.console-port=0",
            "questdb.pg-port=0",
            "cutover.initial-phase=retired",
            "tls.cert=" + server.writeChain(directory.resolve("tls.pem")),
            "tls.key=" + server.writeKey(directory.resolve("tls.key")));
    try (SluiceProcess migrate = SluiceProcess.launch(directory, "migrate", settings)) {
      assertThat(migrate.awaitExit(Duration.ofMinutes(2))).as(migrate.log()).isZero();
    }
  }

  /** A fleet that comes back after a cut: each does the whole handshake, and asks for something. */
  @Test
  void servesAFleetThatComesBackAtOnceAndNobodyElseWaitsForIt() throws Exception {
    try (SluiceProcess sluice = start();
        Honest honest = new Honest(sluice)) {
      Map<Outcome, Integer> outcomes = storm((device, gate) -> comeBack(sluice, device, gate));

      honest.assertNeverStalled();
      assertThat(outcomes).as(sluice.log()).containsOnlyKeys(Outcome.SERVED);
      assertThat(handshakes(sluice, "ok")).isGreaterThanOrEqualTo(STORM);
    }
  }

  /**
   * Attackers who send the first message, which costs them nothing, and never answer what the
   * server computes for it. They are cut off when their time is over; one who arrives behind them
   * all waits for its turn, and no longer.
   */
  @Test
  void cutsOffHandshakesThatNobodyFinishes() throws Exception {
    byte[] hello = hello();
    try (SluiceProcess sluice = start();
        Honest honest = new Honest(sluice)) {
      Map<Outcome, Integer> outcomes =
          storm((attacker, gate) -> {
            gate.await();
            try (Socket socket = connected(sluice)) {
              socket.getOutputStream().write(hello);
              return drain(socket.getInputStream());
            }
          });

      honest.assertNeverStalled();
      assertThat(outcomes).as(sluice.log()).containsOnlyKeys(Outcome.CLOSED);
      assertThat(comeBack(sluice, 0, new CountDownLatch(0))).isEqualTo(Outcome.SERVED);
      await()
          .atMost(Duration.ofMinutes(1))
          .until(() -> sluice.get("admin", "/health/ready").statusCode() == 200);
    }
  }

  private SluiceProcess start() {
    return SluiceProcess.start(directory, "serve", settings).with(authority.client());
  }

  /** One connection of the storm, which begins when the gate opens. */
  private interface Stormer {
    Outcome run(int number, CountDownLatch gate) throws IOException, InterruptedException;
  }

  private static Map<Outcome, Integer> storm(Stormer each) throws Exception {
    Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      CountDownLatch gate = new CountDownLatch(1);
      List<Future<Outcome>> all = new ArrayList<>();
      for (int i = 0; i < STORM; i++) {
        int number = i;
        all.add(threads.submit(() -> each.run(number, gate)));
      }
      gate.countDown();
      for (Future<Outcome> one : all) {
        outcomes.merge(outcome(one), 1, Integer::sum);
      }
    }
    return outcomes;
  }

  private static Outcome outcome(Future<Outcome> one) throws InterruptedException {
    try {
      return one.get();
    } catch (ExecutionException e) {
      System.err.println("a connection of the storm: " + e.getCause());
      return Outcome.NEITHER;
    }
  }

  /** As a device does: one that was cut off tries again. */
  private Outcome comeBack(SluiceProcess sluice, int device, CountDownLatch gate)
      throws InterruptedException {
    gate.await();
    long end = System.nanoTime() + Duration.ofMillis(PATIENCE_MS).toNanos();
    IOException last = new IOException("never tried");
    while (System.nanoTime() - end < 0) {
      try {
        return ping(sluice, device);
      } catch (UncheckedIOException e) {
        last = e.getCause();
      } catch (IOException e) {
        last = e;
      }
    }
    System.err.println("device " + device + " was not served: " + last);
    return Outcome.NEITHER;
  }

  private Outcome ping(SluiceProcess sluice, int device) throws IOException {
    Socket wire = connected(sluice);
    // Sessions are resumed by name: under its own, each has the server sign.
    try (SSLSocket socket =
        (SSLSocket) client.getSocketFactory().createSocket(wire, "device-" + device, 443, true)) {
      RawHttp http = new RawHttp(socket);
      socket.setSoTimeout(PATIENCE_MS);
      return http.get("/ping", "").status() == 204 ? Outcome.SERVED : Outcome.NEITHER;
    }
  }

  private static Socket connected(SluiceProcess sluice) throws IOException {
    Socket socket = new Socket();
    socket.connect(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), sluice.url("ingest").getPort()),
        PATIENCE_MS);
    socket.setSoTimeout(PATIENCE_MS);
    return socket;
  }

  private static Outcome drain(InputStream in) throws IOException {
    byte[] some = new byte[8 << 10];
    try {
      while (in.read(some) >= 0) {
        // The server's part of a handshake, which nobody answers.
      }
      return Outcome.CLOSED;
    } catch (SocketException e) {
      return Outcome.CLOSED; // reset
    }
  }

  /** The first message of a handshake, which may be sent as often as one likes. */
  private byte[] hello() throws SSLException {
    SSLEngine engine = client.createSSLEngine();
    engine.setUseClientMode(true);
    ByteBuffer out = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
    engine.wrap(ByteBuffer.allocate(0), out);
    byte[] hello = new byte[out.position()];
    out.flip().get(hello);
    return hello;
  }

  private static double handshakes(SluiceProcess sluice, String result) throws Exception {
    String name = "sluice_tls_handshakes_total{port=\"ingest\",result=\"" + result + "\"} ";
    return sluice
        .get("admin", "/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(name))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length())))
        .findFirst()
        .orElseThrow();
  }

  /** Posts one reading after the other on one connection that was there before the storm. */
  private final class Honest implements AutoCloseable {
    private final Thread thread;
    private final AtomicInteger served = new AtomicInteger();
    private final List<String> failures = new ArrayList<>();
    private volatile boolean stopped;
    private long longestNanos;

    Honest(SluiceProcess sluice) throws IOException {
      RawHttp http =
          new RawHttp(
              client.getSocketFactory().createSocket("127.0.0.1", sluice.url("ingest").getPort()));
      assertThat(http.post("/write?precision=s", "", LINE).status()).isEqualTo(204);
      // A thread of the system's, so that the storm's own computing does not keep it waiting.
      thread = Thread.ofPlatform().name("honest").start(() -> post(http));
    }

    private void post(RawHttp http) {
      try (http) {
        while (!stopped) {
          long begin = System.nanoTime();
          RawHttp.Answer answer = http.post("/write?precision=s", "", LINE);
          longestNanos = Math.max(longestNanos, System.nanoTime() - begin);
          if (answer.status() != 204) {
            failures.add(answer.status() + " " + answer.body());
            return;
          }
          served.incrementAndGet();
        }
      } catch (UncheckedIOException e) {
        failures.add(e.toString());
      }
    }

    void assertNeverStalled() throws InterruptedException {
      int before = served.get();
      await().atMost(NO_STALL).until(() -> !thread.isAlive() || served.get() > before);
      stopped = true;
      thread.join();
      Duration longest = Duration.ofNanos(longestNanos);
      System.out.printf("honest: %d served, the longest took %s%n", served.get(), longest);
      assertThat(failures).isEmpty();
      assertThat(served.get()).isGreaterThan(100);
      assertThat(longest).isLessThan(NO_STALL);
    }

    @Override
    public void close() {
      stopped = true;
      await().atMost(NO_STALL).until(() -> !thread.isAlive());
    }
  }
}
