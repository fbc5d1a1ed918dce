package dev.sluice.store.questdb;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

/**
 * A response body that may take as long as it likes, but may not go silent: a read that waits
 * longer than the limit fails with an {@link IOException}. Time that the reader spends between two
 * reads does not count. Used by one thread; its own virtual thread watches it until it is closed.
 */
public final class StallGuard extends FilterInputStream {
  private static final long NOT_READING = 0;

  private final Duration silence;
  private final Thread watch;
  private volatile long waitingSinceNanos = NOT_READING;
  private volatile boolean stalled;

  public StallGuard(InputStream body, Duration silence) {
    super(body);
    this.silence = silence;
    this.watch = Thread.ofVirtual().name("sluice-questdb-stall").start(this::watch);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    int bytes = read(one, 0, 1);
    return bytes < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] to, int at, int length) throws IOException {
    waitingSinceNanos = System.nanoTime() | 1;
    try {
      return in.read(to, at, length);
    } catch (IOException e) {
      throw stalled ? new IOException("nothing received for " + silence.toSeconds() + " s", e) : e;
    } finally {
      waitingSinceNanos = NOT_READING;
    }
  }

  @Override
  public void close() throws IOException {
    watch.interrupt();
    super.close();
  }

  private void watch() {
    try {
      while (!stalled) {
        Thread.sleep(silence.dividedBy(10));
        long since = waitingSinceNanos;
        if (since != NOT_READING && System.nanoTime() - since > silence.toNanos()) {
          stalled = true;
          in.close(); // wakes the reader
        }
      }
    } catch (InterruptedException | IOException e) {
      // Closed, or broken in some other way: the reader sees it.
    }
  }
}
