package dev.sluice.doctor;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;

/**
 * Measures how long the disk takes to make 4 kB durable, as the journal does.
 *
 * @param p50 median
 * @param p99 99th percentile
 * @param count syncs measured
 */
record SyncProbe(Duration p50, Duration p99, int count) {
  private static final int MOST = 200;
  private static final int BYTES = 4_096;
  private static final Duration MOST_TIME = Duration.ofSeconds(2);

  /** Overwritten and removed by the next measurement, should this one be killed. */
  static final String FILE = "doctor.tmp";

  /**
   * Writes and syncs a small file of its own, and removes it. Ends after two seconds on a slow
   * disk.
   *
   * @throws IOException if the folder does not exist, or cannot be written
   */
  static SyncProbe of(Path folder) throws IOException {
    long[] nanos = new long[MOST];
    int count = 0;
    long begin = System.nanoTime();
    ByteBuffer block = ByteBuffer.allocateDirect(BYTES);
    try (FileChannel file =
        FileChannel.open(
            folder.resolve(FILE),
            Set.of(
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.DELETE_ON_CLOSE))) {
      while (count < MOST && System.nanoTime() - begin < MOST_TIME.toNanos()) {
        block.clear();
        file.write(block);
        long before = System.nanoTime();
        file.force(false);
        nanos[count++] = System.nanoTime() - before;
      }
    }
    Arrays.sort(nanos, 0, count);
    return new SyncProbe(
        Duration.ofNanos(nanos[count / 2]), Duration.ofNanos(nanos[count * 99 / 100]), count);
  }

  private static String millis(Duration duration) {
    return String.format(java.util.Locale.ROOT, "%.2f ms", duration.toNanos() / 1e6);
  }

  String text() {
    return "p50 %s, p99 %s (%d syncs of 4 kB)".formatted(millis(p50), millis(p99), count);
  }
}
