package dev.sluice.delivery;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** Pauses that double up to a limit, each shortened by up to half so that retries spread. */
final class Backoff {
  private final long minMicros;
  private final long maxMicros;
  private long nextMicros;

  Backoff(Duration min, Duration max) {
    this.minMicros = min.toNanos() / 1_000;
    this.maxMicros = max.toNanos() / 1_000;
    this.nextMicros = minMicros;
  }

  Duration next() {
    long pause = nextMicros;
    nextMicros = Math.min(maxMicros, nextMicros * 2);
    return Duration.ofNanos(1_000 * ThreadLocalRandom.current().nextLong(pause / 2, pause + 1));
  }

  void reset() {
    nextMicros = minMicros;
  }
}
