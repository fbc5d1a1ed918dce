import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;

/**
 * Sends one reading a POST at a fixed rate, whatever the answers take, until a file is there;
 * latencies are counted from when a request was due. Arguments: ingest URL, requests a second, file
 * that ends it. Prints requests, failures and the latency's quantiles in microseconds.
 */
public final class PacedWriter {
  /** What the JVM of this very program takes to get going is not counted. */
  private static final long WARM_UP_NANOS = 8_000_000_000L;

  private static final long FIRST_MICROS = System.currentTimeMillis() * 1_000;

  private PacedWriter() {}

  public static void main(String[] args) throws Exception {
    URI target = URI.create(args[0] + "/v1/readings");
    long stepNanos = 1_000_000_000L / Integer.parseInt(args[1]);
    Path end = Path.of(args[2]);
    ConcurrentHistogram latency = new ConcurrentHistogram(60_000_000L, 3);
    AtomicInteger failed = new AtomicInteger();
    AtomicLong sent = new AtomicLong();
    HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      long due = System.nanoTime();
      long countedFrom = due + WARM_UP_NANOS;
      while (sent.get() % 100 != 0 || !Files.exists(end)) {
        long wanted = due;
        long number = sent.getAndIncrement();
        while (System.nanoTime() < wanted) {
          LockSupport.parkNanos(wanted - System.nanoTime());
        }
        boolean counted = wanted - countedFrom > 0;
        threads.execute(() -> send(http, target, number, wanted, counted, latency, failed));
        due += stepNanos;
      }
    }
    System.out.printf(
        "COUNT %d FAILED %d P50_US %d P99_US %d MAX_US %d%n",
        sent.get(),
        failed.get(),
        latency.getValueAtPercentile(50),
        latency.getValueAtPercentile(99),
        latency.getMaxValue());
  }

  private static void send(
      HttpClient http,
      URI target,
      long number,
      long wantedNanos,
      boolean counted,
      ConcurrentHistogram latency,
      AtomicInteger failed) {
    double millis = (FIRST_MICROS + number) / 1_000.0;
    String body =
        "{\"device_id\":\"live-%d\",\"ts\":%.3f,\"temp\":%d.5}"
            .formatted(number % 10_000, millis, number % 40);
    HttpRequest request =
        HttpRequest.newBuilder(target).POST(HttpRequest.BodyPublishers.ofString(body)).build();
    try {
      int status = http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
      if (status != 204) {
        failed.incrementAndGet();
      }
    } catch (Exception e) {
      failed.incrementAndGet();
    }
    if (counted) {
      latency.recordValue(Math.min(60_000_000L, (System.nanoTime() - wantedNanos) / 1_000));
    }
  }
}
