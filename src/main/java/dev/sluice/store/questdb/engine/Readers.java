package dev.sluice.store.questdb.engine;

import dev.sluice.reading.Counted;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Limits how many reads the embedded engine answers at the same time; others wait their turn for a
 * limited time. Thread-safe.
 */
final class Readers {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final int most;
  private final Duration patience;
  private final Semaphore free;

  Readers(int most) {
    this(most, PATIENCE);
  }

  Readers(int most, Duration patience) {
    this.most = most;
    this.patience = patience;
    this.free = new Semaphore(most, true);
  }

  /** How many reads are answered at the same time. */
  int most() {
    return most;
  }

  /**
   * Takes a turn, which must be given back.
   *
   * @throws IOException if none became free in time
   */
  void take() throws IOException {
    try {
      if (free.tryAcquire(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting to read", e);
    }
    throw new IOException(
        "%s in progress, the maximum (questdb.max-readers), and none ended within %d ms:"
                .formatted(Counted.of(most, "read"), patience.toMillis())
            + " try again, or ask for less with from and to");
  }

  void giveBack() {
    free.release();
  }
}
