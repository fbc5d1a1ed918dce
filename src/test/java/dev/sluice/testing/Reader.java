package dev.sluice.testing;

import dev.sluice.reading.Reading;
import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * A graph that is looked at during a migration: one client writes a reading, waits until it can be
 * read, and then reads it again and again until the next. Whatever was seen once must be seen ever
 * after, whichever store answers. Goes on until closed.
 */
public final class Reader implements AutoCloseable {
  private static final int LOOKS = 5;
  private static final long FIRST_MICROS = 1_700_000_000_000_000L;

  private final HttpClient http = HttpClient.newHttpClient();
  private final Supplier<URI> ingest;
  private final Thread thread;
  private final AtomicInteger looks = new AtomicInteger();
  private final AtomicInteger vanished = new AtomicInteger();
  private final AtomicInteger failed = new AtomicInteger();
  private final AtomicLong longestNanos = new AtomicLong();
  private final IdentityLedger ledger;
  private volatile boolean stopped;

  public Reader(Supplier<URI> ingest, IdentityLedger ledger) {
    this.ingest = ingest;
    this.ledger = ledger;
    this.thread = Thread.ofPlatform().name("reader").start(this::run);
  }

  /** Reads answered. */
  public int looks() {
    return looks.get();
  }

  /** Reads that missed what an earlier one had shown. */
  public int vanished() {
    return vanished.get();
  }

  /** Reads and writes answered with anything but success, or not at all. */
  public int failed() {
    return failed.get();
  }

  /** The longest time any read took since this was last asked. */
  public Duration longest() {
    return Duration.ofNanos(longestNanos.getAndSet(0));
  }

  @Override
  public void close() {
    stopped = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    http.shutdownNow();
  }

  private void run() {
    long next = FIRST_MICROS;
    while (!stopped) {
      if (!write(next)) {
        continue;
      }
      while (!stopped && newest() < next) {
        LockSupport.parkNanos(1_000_000);
      }
      for (int look = 0; look < LOOKS && !stopped; look++) {
        long now = newest();
        if (now >= 0 && now < next) {
          vanished.incrementAndGet();
        }
      }
      next++;
    }
  }

  private boolean write(long ts) {
    HttpRequest request =
        HttpRequest.newBuilder(ingest.get().resolve("/write?precision=us"))
            .timeout(Duration.ofSeconds(20))
            .POST(HttpRequest.BodyPublishers.ofString("seen,device_id=graph value=1 " + ts))
            .build();
    Reading reading = new Reading("graph", "seen", ts, 1);
    try {
      if (http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 204) {
        ledger.acknowledged(reading);
        return true;
      }
    } catch (IOException e) {
      ledger.unknown(reading);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    failed.incrementAndGet();
    return false;
  }

  /** The ts of its latest reading that can be read; 0 for none, -1 when nobody answered. */
  private long newest() {
    HttpRequest request =
        HttpRequest.newBuilder(ingest.get().resolve("/v1/readings?device=graph&order=desc&limit=1"))
            .timeout(Duration.ofSeconds(20))
            .build();
    long begin = System.nanoTime();
    try {
      HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() == 200) {
        longestNanos.accumulateAndGet(System.nanoTime() - begin, Math::max);
        looks.incrementAndGet();
        return newest(answer.body());
      }
      failed.incrementAndGet();
    } catch (IOException e) {
      failed.incrementAndGet();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    return -1;
  }

  private static long newest(String body) {
    try (JsonReader reader = Json.createReader(new StringReader(body))) {
      JsonArray readings = reader.readObject().getJsonArray("readings");
      return readings.isEmpty()
          ? 0
          : ChronoUnit.MICROS.between(
              Instant.EPOCH, Instant.parse(readings.getJsonObject(0).getString("ts")));
    }
  }
}
