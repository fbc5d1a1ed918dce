import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import java.util.zip.GZIPOutputStream;

/**
 * Everything that a hostile network does to the two ports, all at once, each kind from a loopback
 * address of its own. Arguments: ingest port, admin port, seconds, a token with scope write that
 * has a limit of its own, one that has none, a token with scope read, and a seed.
 *
 * <p>Prints a line a kind: what was tried, and how it was answered; at the end how many attempts
 * there were, and the processor time of this process. Exits with 1 if any answer was a 5xx other
 * than 503, or if a kind that must be refused was let in.
 *
 * <p>With the process id of Sluice as one argument more, the kinds come one after another, each for
 * so many seconds, and each line tells what it cost: processors kept busy here and in Sluice, and
 * Sluice's processor time for an attempt.
 */
public final class HostileHour {
  private static final int PATIENCE_MILLIS = 60_000;

  /** For what an attack set going, and for connections that nobody needs any more. */
  private static final Duration SETTLING = Duration.ofMillis(500);

  private static final byte[] CRLF = {'\r', '\n'};

  /** One attempt of a kind; how it ended goes to the tally. */
  @FunctionalInterface
  private interface Attempt {
    void once(Attacker attacker) throws IOException;
  }

  /**
   * One kind of attack.
   *
   * @param workers threads that attempt it
   * @param pause between two attempts of a worker
   * @param mayEnter whether a 2xx is no fault
   */
  private record Kind(
      String name, int workers, Duration pause, boolean mayEnter, Attempt attempt) {}

  private final int ingest;
  private final int admin;
  private final Duration time;
  private final String limitedToken;
  private final String writeToken;
  private final String readToken;
  private final Map<String, Map<String, LongAdder>> tally = new ConcurrentSkipListMap<>();

  /** In terms of {@link System#nanoTime}; set before the attackers of a turn are started. */
  private volatile long end;

  private HostileHour(String[] arguments) {
    this.ingest = Integer.parseInt(arguments[0]);
    this.admin = Integer.parseInt(arguments[1]);
    this.time = Duration.ofSeconds(Long.parseLong(arguments[2]));
    this.limitedToken = arguments[3];
    this.writeToken = arguments[4];
    this.readToken = arguments[5];
  }

  public static void main(String[] arguments) throws Exception {
    HostileHour hour = new HostileHour(arguments);
    long seed = arguments.length > 6 ? Long.parseLong(arguments[6]) : new SecureRandom().nextLong();
    System.out.println("seed " + seed);
    if (arguments.length > 7) {
      hour.oneByOne(seed, ProcessHandle.of(Long.parseLong(arguments[7])).orElseThrow());
      return;
    }
    System.exit(hour.allAtOnce(seed) ? 0 : 1);
  }

  private boolean allAtOnce(long seed) throws Exception {
    List<Kind> kinds = kinds();
    List<Thread> threads = new ArrayList<>();
    end = System.nanoTime() + time.toNanos();
    for (int k = 0; k < kinds.size(); k++) {
      threads.addAll(started(kinds.get(k), k, seed));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    return report(kinds);
  }

  private void oneByOne(long seed, ProcessHandle sluice) throws Exception {
    System.out.printf(
        "%-20s %9s %11s %11s %14s%n", "attack", "attempts", "here", "in Sluice", "an attempt");
    cost(nothing(), 0, seed, sluice);
    List<Kind> kinds = kinds();
    for (int k = 0; k < kinds.size(); k++) {
      cost(kinds.get(k), k, seed, sluice);
    }
  }

  private void cost(Kind kind, int number, long seed, ProcessHandle sluice) throws Exception {
    long begin = System.nanoTime();
    Duration here = processorTime(ProcessHandle.current());
    Duration there = processorTime(sluice);
    end = begin + time.toNanos();
    for (Thread thread : started(kind, number, seed)) {
      thread.join();
    }
    Thread.sleep(SETTLING);
    double nanos = System.nanoTime() - begin;
    long attempts = answers(kind).values().stream().mapToLong(Long::longValue).sum();
    double spent = processorTime(sluice).minus(there).toNanos();
    System.out.printf(
        "%-20s %9d %11.3f %11.3f %11.2f ms%n",
        kind.name,
        attempts,
        processorTime(ProcessHandle.current()).minus(here).toNanos() / nanos,
        spent / nanos,
        spent / 1e6 / Math.max(1, attempts));
  }

  private static Duration processorTime(ProcessHandle process) {
    return process.info().totalCpuDuration().orElseThrow();
  }

  private List<Thread> started(Kind kind, int number, long seed) throws IOException {
    tally.put(kind.name, new ConcurrentSkipListMap<>());
    List<Thread> threads = new ArrayList<>();
    for (int worker = 0; worker < kind.workers; worker++) {
      Random random = new Random(seed + 1_000L * number + worker);
      threads.add(Thread.ofVirtual().start(new Attacker(kind, number + 2, random)::work));
    }
    return threads;
  }

  private Map<String, Long> answers(Kind kind) {
    Map<String, Long> answers = new TreeMap<>();
    tally.get(kind.name).forEach((answer, count) -> answers.put(answer, count.sum()));
    return answers;
  }

  private boolean report(List<Kind> kinds) {
    boolean good = true;
    long attempts = 0;
    System.out.printf("%-20s %9s  %s%n", "attack", "attempts", "answers");
    for (Kind kind : kinds) {
      Map<String, Long> answers = answers(kind);
      long all = answers.values().stream().mapToLong(Long::longValue).sum();
      attempts += all;
      List<String> faults =
          answers.keySet().stream()
              .filter(a ->
                  a.matches("5\\d\\d") && !a.equals("503")
                      || a.matches("2\\d\\d") && !kind.mayEnter)
              .toList();
      good &= faults.isEmpty() && all > 0;
      System.out.printf(
          "%-20s %9d  %s%s%n",
          kind.name,
          all,
          answers.entrySet().stream()
              .map(e -> e.getValue() + " × " + e.getKey())
              .collect(Collectors.joining(", ")),
          faults.isEmpty() ? "" : "  FAULT: " + faults);
    }
    System.out.printf(
        "%d attempts, %.1f s of processor time%n",
        attempts, processorTime(ProcessHandle.current()).toMillis() / 1e3);
    return good;
  }

  /** What Sluice does by itself. */
  private static Kind nothing() {
    return kind("nothing", 1, 100, a -> a.count("nothing"));
  }

  private List<Kind> kinds() {
    byte[] bomb = packed(256 << 20);
    byte[] halfBomb = java.util.Arrays.copyOf(bomb, bomb.length / 2);
    return List.of(
        // Slow: each holds its connection until it is cut.
        kind(
            "slow-head",
            200,
            1_000,
            a -> a.drip("POST /v1/readings HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ")),
        kind(
            "slow-body",
            200,
            1_000,
            a -> a.drip(a.head("POST", "/v1/readings", writeToken, 100_000))),
        kind("silent", 300, 1_000, Attacker::sayNothing),
        entering("unread-answers", 20, 1_000, Attacker::readNothing),
        // Huge.
        kind(
            "huge-length",
            4,
            500,
            a -> a.ask(a.head("POST", "/v1/readings", writeToken, 1L << 40))),
        kind("huge-chunked", 4, 2_000, Attacker::endlessChunks),
        kind(
            "huge-head",
            4,
            200,
            a -> a.ask(text("GET / HTTP/1.1\r\nX: " + "x".repeat(200_000) + "\r\n\r\n"))),
        kind(
            "many-headers",
            4,
            200,
            a -> a.ask(text("GET / HTTP/1.1\r\n" + "A: b\r\n".repeat(20_000) + "\r\n"))),
        // Malformed.
        kind("random-bytes", 8, 100, a -> a.ask(a.noise(1 + a.random.nextInt(4_000)))),
        kind(
            "two-lengths",
            4,
            100,
            a -> a.ask(a.withHeaders("Content-Length: 5\r\nContent-Length: 6", "hello"))),
        kind(
            "smuggled",
            4,
            100,
            a ->
                a.ask(
                    a.withHeaders(
                        "Content-Length: 4\r\nTransfer-Encoding: chunked", "1\r\nZ\r\nQ"))),
        kind(
            "bad-chunk",
            4,
            100,
            a -> a.ask(a.withHeaders("Transfer-Encoding: chunked", "-1\r\nx\r\n0\r\n\r\n"))),
        kind("deep-json", 4, 300, a -> a.post("/v1/readings", "[".repeat(1_000_000))),
        kind(
            "long-number",
            4,
            300,
            a ->
                a.post(
                    "/v1/readings",
                    "{\"device_id\":\"x\",\"ts\":1,\"temp\":" + "9".repeat(1_000_000) + "}")),
        kind("all-rejected", 4, 1_000, a -> a.post("/api/v2/write", "broken\n".repeat(100_000))),
        kind(
            "bad-names",
            4,
            100,
            a ->
                a.post(
                    "/v1/readings",
                    "{\"device_id\":\"a\\u001b[31m\\nERROR forged\",\"ts\":"
                        + System.currentTimeMillis()
                        + ",\"temp\":1}")),
        entering("many-days", 2, 500, a -> a.post("/api/v2/write?precision=s", a.days(500))),
        // Many.
        kind("churn", 20, 50, Attacker::comeAndGo),
        entering(
            "pipelined",
            4,
            500,
            a -> a.ask(text("GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".repeat(500)))),
        entering("hot-client", 4, 20, Attacker::sendTooMuch),
        // Without a right to.
        kind("no-token", 4, 50, a -> a.ask(a.head("POST", "/v1/readings", "", 2), "{}")),
        kind(
            "guessed-token",
            8,
            50,
            a -> a.ask(a.head("POST", "/v1/readings", "guess-" + a.random.nextLong(), 2), "{}")),
        kind(
            "wrong-scope",
            4,
            100,
            a -> a.askAdmin(a.head("POST", "/v1/cutover", writeToken, 2), "{}")),
        kind(
            "forged-host",
            4,
            100,
            a ->
                a.askAdmin(
                    text(
                        "GET /v1/status HTTP/1.1\r\nHost: evil.example\r\nAuthorization: Bearer "
                            + readToken
                            + "\r\n\r\n"))),
        kind(
            "foreign-origin",
            4,
            100,
            a ->
                a.ask(
                    text(
                        "POST /v1/readings HTTP/1.1\r\nHost: 127.0.0.1:"
                            + ingest
                            + "\r\nOrigin: http://evil.example\r\nSec-Fetch-Site: cross-site"
                            + "\r\nAuthorization: Bearer "
                            + writeToken
                            + "\r\nContent-Length: 2\r\n\r\n{}"))),
        kind("probing", 4, 100, a -> a.askAdmin(text(a.probe()))),
        kind(
            "log-forging",
            4,
            100,
            a ->
                a.askAdmin(
                    text(
                        "GET /\u001b[2J%0aERROR%20forged HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: \u0007x\r\n\r\n"))),
        // Packed.
        kind("gzip-bomb", 4, 1_000, a -> a.ask(a.packedHead(bomb.length), bomb)),
        kind("cut-gzip", 4, 1_000, a -> a.ask(a.packedHead(halfBomb.length), halfBomb)));
  }

  private static Kind kind(String name, int workers, int pauseMillis, Attempt attempt) {
    return new Kind(name, workers, Duration.ofMillis(pauseMillis), false, attempt);
  }

  private static Kind entering(String name, int workers, int pauseMillis, Attempt attempt) {
    return new Kind(name, workers, Duration.ofMillis(pauseMillis), true, attempt);
  }

  private static byte[] text(String ascii) {
    return ascii.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static byte[] packed(int zeros) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      for (byte[] block = new byte[1 << 20]; zeros > 0; zeros -= block.length) {
        gzip.write(block);
      }
    } catch (IOException e) {
      throw new AssertionError("writing to memory failed", e);
    }
    return out.toByteArray();
  }

  /** One worker of a kind. Confined to its thread. */
  private final class Attacker {
    private final Kind kind;
    private final InetAddress from;
    final Random random;

    Attacker(Kind kind, int address, Random random) throws IOException {
      this.kind = kind;
      this.from = InetAddress.getByAddress(new byte[] {127, 0, 1, (byte) address});
      this.random = random;
    }

    void work() {
      while (System.nanoTime() < end) {
        try {
          kind.attempt.once(this);
        } catch (SocketTimeoutException e) {
          count(
              System.nanoTime() < end
                  ? "no answer in " + PATIENCE_MILLIS / 1_000 + " s"
                  : "held to the end");
        } catch (IOException e) {
          count("cut");
        }
        try {
          Thread.sleep(kind.pause);
        } catch (InterruptedException e) {
          return;
        }
      }
    }

    private void count(String answer) {
      tally.get(kind.name).computeIfAbsent(answer, a -> new LongAdder()).increment();
    }

    /** Nobody waits for an answer for longer than the attacks last, and a little. */
    private int patienceMillis() {
      long left = Duration.ofNanos(end - System.nanoTime()).toMillis();
      return (int) Math.clamp(left + 1_000, 1_000, PATIENCE_MILLIS);
    }

    private Socket connect(int port) throws IOException {
      Socket socket = new Socket();
      try {
        socket.bind(new InetSocketAddress(from, 0));
        socket.connect(new InetSocketAddress("127.0.0.1", port), PATIENCE_MILLIS);
        socket.setSoTimeout(patienceMillis());
        return socket;
      } catch (IOException e) {
        socket.close();
        throw e;
      }
    }

    byte[] head(String method, String path, String token, long length) {
      return text(
          method
              + " "
              + path
              + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
              + (token.isEmpty() ? "" : "Authorization: Bearer " + token + "\r\n")
              + "Content-Length: "
              + length
              + "\r\n\r\n");
    }

    byte[] packedHead(long length) {
      return text(
          "POST /api/v2/write HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Encoding: gzip\r\nAuthorization: Bearer "
              + writeToken
              + "\r\nContent-Length: "
              + length
              + "\r\n\r\n");
    }

    byte[] withHeaders(String headers, String body) {
      return text(
          "POST /v1/readings HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "
              + writeToken
              + "\r\n"
              + headers
              + "\r\n\r\n"
              + body);
    }

    byte[] noise(int length) {
      byte[] bytes = new byte[length];
      random.nextBytes(bytes);
      bytes[length - 1] = '\n';
      return bytes;
    }

    String lines(int count) {
      StringBuilder out = new StringBuilder();
      long nanos = System.currentTimeMillis() * 1_000_000;
      for (int i = 0; i < count; i++) {
        out.append("hot,device_id=hot-")
            .append(i)
            .append(" v=1 ")
            .append(nanos + random.nextInt(1_000_000))
            .append('\n');
      }
      return out.toString();
    }

    String days(int count) {
      StringBuilder out = new StringBuilder();
      for (int i = 0; i < count; i++) {
        out.append("old,device_id=old v=1 ")
            .append(950_000_000 + 86_400L * random.nextInt(8_000))
            .append('\n');
      }
      return out.toString();
    }

    String probe() {
      String[] paths = {
        "/../../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/actuator/env",
        "/.git/config",
        "/v1/audit",
        "/v1/status;x=y"
      };
      String[] methods = {"GET", "TRACE", "OPTIONS", "PROPFIND", "CONNECT", "DELETE"};
      return methods[random.nextInt(methods.length)]
          + " "
          + paths[random.nextInt(paths.length)]
          + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    }

    void post(String path, String body) throws IOException {
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      ask(head("POST", path, writeToken, bytes.length), bytes);
    }

    void sendTooMuch() throws IOException {
      byte[] bytes = text(lines(1_000));
      ask(head("POST", "/api/v2/write", limitedToken, bytes.length), bytes);
    }

    void ask(byte[] head, String body) throws IOException {
      ask(head, text(body));
    }

    void ask(byte[]... parts) throws IOException {
      exchange(ingest, parts);
    }

    void askAdmin(byte[] head, String body) throws IOException {
      exchange(admin, head, text(body));
    }

    void askAdmin(byte[] head) throws IOException {
      exchange(admin, head);
    }

    /**
     * Sends all of it, then reads one answer; a server may answer and hang up before it has all.
     */
    private void exchange(int port, byte[]... parts) throws IOException {
      try (Socket socket = connect(port)) {
        try {
          for (byte[] part : parts) {
            socket.getOutputStream().write(part);
          }
          socket.shutdownOutput();
        } catch (IOException e) {
          // Refused early: the answer may still be there.
        }
        answer(socket);
      }
    }

    private void answer(Socket socket) throws IOException {
      InputStream in = socket.getInputStream();
      byte[] begin = in.readNBytes(12);
      String line = new String(begin, StandardCharsets.ISO_8859_1);
      count(
          line.matches("HTTP/1\\.[01] \\d\\d\\d")
              ? line.substring(9)
              : begin.length == 0 ? "closed" : "not HTTP");
    }

    /** Sends a byte a second until the server has had enough. */
    void drip(String head) throws IOException {
      drip(text(head));
    }

    void drip(byte[] head) throws IOException {
      try (Socket socket = connect(ingest)) {
        OutputStream out = socket.getOutputStream();
        out.write(head);
        socket.setSoTimeout(1_000);
        while (System.nanoTime() < end) {
          try {
            answer(socket);
            return;
          } catch (SocketTimeoutException e) {
            out.write('x');
          }
        }
        count("held to the end");
      }
    }

    void sayNothing() throws IOException {
      try (Socket socket = connect(random.nextBoolean() ? ingest : admin)) {
        answer(socket);
      }
    }

    /** Asks for much, over and over, and reads none of it. */
    void readNothing() throws IOException {
      try (Socket socket = connect(ingest)) {
        socket.setReceiveBufferSize(4_096);
        OutputStream out = socket.getOutputStream();
        long cut = Math.min(end, System.nanoTime() + 4L * PATIENCE_MILLIS * 1_000_000);
        while (System.nanoTime() < cut) {
          out.write(
              text(
                  "GET /v1/readings?device_id=sensor-0000001&limit=10000 HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "
                      + readToken
                      + "\r\n\r\n"));
          try {
            Thread.sleep(1_000);
          } catch (InterruptedException e) {
            return;
          }
        }
        count("held to the end");
      }
    }

    void endlessChunks() throws IOException {
      try (Socket socket = connect(ingest)) {
        OutputStream out = socket.getOutputStream();
        out.write(
            text(
                "POST /api/v2/write HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nAuthorization: Bearer "
                    + writeToken
                    + "\r\n\r\n"));
        byte[] chunk = "hot,device_id=hot v=1\n".repeat(3_000).getBytes(StandardCharsets.US_ASCII);
        try {
          for (int i = 0; i < 1_000; i++) {
            out.write(text(Integer.toHexString(chunk.length)));
            out.write(CRLF);
            out.write(chunk);
            out.write(CRLF);
          }
        } catch (IOException e) {
          // As for every body that is too large.
        }
        answer(socket);
      }
    }

    /** Connects, and resets the connection before a word is said. */
    void comeAndGo() throws IOException {
      try (Socket socket = connect(random.nextBoolean() ? ingest : admin)) {
        socket.setSoLinger(true, 0);
      }
      count("gone");
    }
  }
}
