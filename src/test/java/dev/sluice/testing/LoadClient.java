package dev.sluice.testing;

import dev.sluice.reading.Reading;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Sends unique readings as line protocol over a few connections until it is closed, and writes down
 * in a ledger what became of each. Retries nothing.
 */
public final class LoadClient implements AutoCloseable {
  private static final AtomicLong NEXT_TS = new AtomicLong(1_795_300_000_000_000L);

  private final HttpClient http = HttpClient.newHttpClient();
  private final List<Thread> threads = new ArrayList<>();
  private final URI target;
  private final Ledger ledger;
  private final int mostReadings;
  private final Duration pause;
  private final AtomicInteger refused = new AtomicInteger();
  private volatile boolean stopped;

  /**
   * Starts sending requests of up to {@code mostReadings} readings.
   *
   * @param pause between an answer and the next request of the same connection
   */
  public LoadClient(
      URI ingest,
      Ledger ledger,
      int connections,
      int mostReadings,
      Duration pause,
      SplittableRandom random) {
    this.pause = pause;
    this.target = ingest.resolve("/write?precision=us");
    this.ledger = ledger;
    this.mostReadings = mostReadings;
    for (int i = 0; i < connections; i++) {
      SplittableRandom own = random.split();
      threads.add(Thread.ofPlatform().name("load-" + i).start(() -> send(own)));
    }
  }

  /** Requests answered 503. */
  public int refused() {
    return refused.get();
  }

  /** False once an unexpected answer has ended a connection's thread. */
  public boolean running() {
    return threads.stream().allMatch(Thread::isAlive);
  }

  /** Stops sending and waits for the requests in flight. */
  @Override
  public void close() {
    stopped = true;
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
    http.shutdownNow();
  }

  private void send(SplittableRandom random) {
    while (!stopped) {
      LockSupport.parkNanos(pause.toNanos());
      List<Reading> readings = readings(random);
      StringBuilder body = new StringBuilder();
      for (Reading reading : readings) {
        body.append("temp,device_id=").append(reading.device());
        body.append(" value=").append(reading.value());
        body.append(' ').append(reading.tsMicros()).append('\n');
      }
      HttpRequest request =
          HttpRequest.newBuilder(target)
              .timeout(Duration.ofSeconds(10))
              .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
              .build();
      try {
        int status = http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
        record(status, readings);
      } catch (IOException e) {
        ledger.unknown(readings);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  private void record(int status, List<Reading> readings) {
    switch (status) {
      case 204 -> ledger.acknowledged(readings);
      case 503 -> refused.incrementAndGet();
      default -> throw new AssertionError("answered " + status);
    }
  }

  private List<Reading> readings(SplittableRandom random) {
    List<Reading> readings = new ArrayList<>();
    int count = random.nextInt(1, mostReadings + 1);
    for (int i = 0; i < count; i++) {
      readings.add(
          new Reading(
              "sensor-" + random.nextInt(1_000),
              "temp",
              NEXT_TS.incrementAndGet(),
              random.nextInt(-400, 1_200) / 10.0));
    }
    return readings;
  }
}
