package dev.sluice.testing;

import dev.sluice.reading.Micros;
import dev.sluice.reading.Reading;
import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonReader;
import java.io.StringReader;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * A graph that is looked at during a migration: one client writes a reading, waits until it can be
 * read, and then reads it again and again until the next. Whatever was seen once must be seen ever
 * after, whichever store answers. Goes on until closed.
 */
public final class Reader extends Client {
  private static final int LOOKS = 5;
  private static final long FIRST_MICROS = 1_700_000_000_000_000L;

  private final AtomicInteger looks = new AtomicInteger();
  private final AtomicInteger vanished = new AtomicInteger();
  private final AtomicInteger failed = new AtomicInteger();

  public Reader(Supplier<URI> ingest, Ledger ledger) {
    super(ingest, ledger);
    start(this::run);
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

  private void run() {
    long next = FIRST_MICROS;
    while (!stopped()) {
      if (!write(next)) {
        continue;
      }
      while (!stopped() && newest() < next) {
        LockSupport.parkNanos(1_000_000);
      }
      for (int look = 0; look < LOOKS && !stopped(); look++) {
        LockSupport.parkNanos(2_000_000);
        long now = newest();
        if (now >= 0 && now < next) {
          vanished.incrementAndGet();
        }
      }
      next++;
    }
  }

  private boolean write(long ts) {
    boolean written = write(List.of(new Reading("graph", "seen", ts, 1))) == ACKNOWLEDGED;
    if (!written) {
      failed.incrementAndGet();
    }
    return written;
  }

  /** The ts of its latest reading that can be read; 0 for none, -1 when nobody answered. */
  private long newest() {
    long begin = System.nanoTime();
    Optional<String> body =
        get("/v1/readings?device=graph&order=desc&limit=1")
            .filter(answer -> answer.statusCode() == 200)
            .map(HttpResponse::body);
    if (body.isEmpty()) {
      failed.incrementAndGet();
      return -1;
    }
    took(begin);
    looks.incrementAndGet();
    return newest(body.get());
  }

  private static long newest(String body) {
    try (JsonReader reader = Json.createReader(new StringReader(body))) {
      JsonArray readings = reader.readObject().getJsonArray("readings");
      return readings.isEmpty()
          ? 0
          : Micros.of(Instant.parse(readings.getJsonObject(0).getString("ts")));
    }
  }
}
