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

/** Sends unique readings until it is closed. */
public final class LoadClient extends Client {
  private static final AtomicLong NEXT_TS = new AtomicLong(1_795_300_000_000_000L);

  private final int mostReadings;
  private final Duration pause;
  private final AtomicInteger refused = new AtomicInteger();

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
    super(() -> ingest, ledger);
    this.pause = pause;
    this.mostReadings = mostReadings;
    for (int i = 0; i < connections; i++) {
      SplittableRandom own = random.split();
      start(() -> send(own));
    }
  }

  /** Requests answered 503. */
  public int refused() {
    return refused.get();
  }

  private void send(SplittableRandom random) {
    while (!stopped()) {
      LockSupport.parkNanos(pause.toNanos());
      int status = write(readings(random));
      if (status == 503) {
        refused.incrementAndGet();
      } else if (status != ACKNOWLEDGED && status != 0) {
        throw new AssertionError("answered " + status);
      }
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
