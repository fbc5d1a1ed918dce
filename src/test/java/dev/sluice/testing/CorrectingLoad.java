package dev.sluice.testing;

import dev.sluice.reading.Reading;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * The fleet during a migration: new readings at the present time, readings that come hours late,
 * and corrections, of its own readings and of rows of the legacy table. Each connection has
 * identities of its own. Goes on until closed, through outages too.
 */
public final class CorrectingLoad extends Client {
  private static final int PER_REQUEST = 20;

  /** Of the legacy table's first rows: some ten hours of them. */
  private static final int CORRECTED_ROWS = 20_000;

  private static final AtomicLong LAST_MICROS = new AtomicLong();

  private final LegacyTable legacy;
  private final Duration pause;
  private final AtomicInteger acknowledged = new AtomicInteger();
  private final AtomicInteger failed = new AtomicInteger();

  /**
   * Starts sending.
   *
   * @param ingest asked for each request: a restarted process has another port
   * @param pause between an answer and the next request of the same connection
   */
  public CorrectingLoad(
      Supplier<URI> ingest,
      Ledger ledger,
      LegacyTable legacy,
      int connections,
      Duration pause,
      SplittableRandom random) {
    super(ingest, ledger);
    this.legacy = legacy;
    this.pause = pause;
    for (int i = 0; i < connections; i++) {
      int own = i;
      SplittableRandom split = random.split();
      start(() -> send(own, connections, split));
    }
  }

  /** Requests answered 204. */
  public int acknowledged() {
    return acknowledged.get();
  }

  /** Requests answered with anything else, or not at all. */
  public int failed() {
    return failed.get();
  }

  private void send(int own, int connections, SplittableRandom random) {
    List<Reading> recent = new ArrayList<>();
    while (!stopped()) {
      LockSupport.parkNanos(pause.toNanos());
      List<Reading> readings = readings(own, connections, recent, random);
      long begin = System.nanoTime();
      if (write(readings) == ACKNOWLEDGED) {
        took(begin);
        acknowledged.incrementAndGet();
      } else {
        failed.incrementAndGet();
      }
    }
  }

  /** Distinct identities, all of this connection alone. */
  private List<Reading> readings(
      int own, int connections, List<Reading> recent, SplittableRandom random) {
    List<Reading> readings = new ArrayList<>();
    for (int i = 0; i < PER_REQUEST; i++) {
      double value = random.nextInt(-400, 1_200) / 10.0;
      int kind = random.nextInt(10);
      if (kind == 0) {
        int row = random.nextInt(CORRECTED_ROWS / connections) * connections + own;
        Reading old = legacy.reading(row);
        readings.add(new Reading(old.device(), old.metric(), old.tsMicros(), value));
      } else if (kind == 1 && !recent.isEmpty()) {
        Reading before = recent.get(random.nextInt(recent.size()));
        readings.add(new Reading(before.device(), before.metric(), before.tsMicros(), value));
      } else {
        long late = kind == 2 ? random.nextLong(Duration.ofHours(10).toNanos() / 1_000) : 0;
        Reading fresh =
            new Reading("live-" + own + "-" + random.nextInt(500), "temp", now() - late, value);
        recent.add(fresh);
        readings.add(fresh);
      }
    }
    while (recent.size() > 2_000) {
      recent.removeFirst();
    }
    return distinct(readings);
  }

  private static List<Reading> distinct(List<Reading> readings) {
    List<Reading> kept = new ArrayList<>();
    for (Reading reading : readings) {
      if (kept.stream().noneMatch(other -> other.identity().equals(reading.identity()))) {
        kept.add(reading);
      }
    }
    return kept;
  }

  /** The present, never twice the same. */
  private static long now() {
    return LAST_MICROS.updateAndGet(
        last -> Math.max(last + 1, Math.multiplyExact(System.currentTimeMillis(), 1_000)));
  }
}
