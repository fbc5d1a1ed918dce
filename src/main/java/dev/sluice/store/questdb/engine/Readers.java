package dev.sluice.store.questdb.engine;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * How many reads the embedded engine answers at once; others wait their turn for a while.
 * Thread-safe.
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

  /**
   * Takes a turn, to be given back.
   *
   * @throws IOException when there was none in good time
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
        most
            + " reads are under way, as many as are answered at once (questdb.max-readers), and"
            + " none ended within "
            + patience.toMillis()
            + " ms: try again, or ask for less with from and to");
  }

  void giveBack() {
    free.release();
  }
}
