package dev.sluice.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.files.NdjsonLog;
import dev.sluice.reading.ReadingBatch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a device takes, counted and as the heap has it. */
class FleetMemoryTest {
  private static final int DEVICES = Integer.getInteger("sluice.test.devices", 500_000);
  private static final byte[] METRIC = "temp".getBytes(StandardCharsets.UTF_8);
  private static final int FRAME = 1_000;
  private static final int MOST_BYTES = 80;

  @TempDir Path directory;

  @Test
  void takesAtMostEightyBytesADevice() throws IOException {
    try (Names names = new Names(directory.resolve("names"))) {
      ReadingBatch batch = new ReadingBatch();
      long before = usedHeap();
      Ledger ledger =
          new Ledger(
              new FleetConfig(
                  true, directory, DEVICES, Duration.ofSeconds(2), 0.2, Duration.ofDays(30)),
              names,
              42,
              new Incidents(new NdjsonLog(directory.resolve("incidents"))),
              new Unheeded());
      for (int round = 0; round < 3; round++) {
        hearAll(ledger, batch, FleetSimulation.BASE_MICROS + round * 10_000_000L);
      }
      long heap = usedHeap() - before - fixedBytes();
      double counted = (double) ledger.devices().bytes() / DEVICES;
      double measured = (double) (heap + names.bytes()) / DEVICES;
      System.out.printf(
          "%,d devices: %.1f bytes each by count, %.1f by the heap%n", DEVICES, counted, measured);

      assertThat(ledger.devices().count()).isEqualTo(DEVICES);
      assertThat(counted).isLessThanOrEqualTo(MOST_BYTES);
      assertThat(measured)
          .as("and a tenth for what else is in this heap")
          .isLessThanOrEqualTo(MOST_BYTES * 1.1);
    }
  }

  /** What does not grow with the fleet: the seconds of onsets, and the histograms. */
  private static long fixedBytes() {
    return (1 << 17) * Integer.BYTES;
  }

  private static void hearAll(Ledger ledger, ReadingBatch batch, long micros) {
    for (int device = 0; device < DEVICES; ) {
      batch.clear(0);
      for (int n = 0; n < FRAME && device < DEVICES; n++, device++) {
        batch.add(FleetSimulation.name(device), METRIC, micros, 1);
      }
      ledger.frame(micros, batch);
    }
  }

  private static long usedHeap() {
    Runtime runtime = Runtime.getRuntime();
    long least = Long.MAX_VALUE;
    for (int n = 0; n < 5; n++) {
      System.gc();
      least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
    }
    return least;
  }

  private static final class Unheeded implements GapListener {
    @Override
    public void silent(int device, long sinceMicros) {}

    @Override
    public void gap(int device, long fromMicros, long toMicros, Cause cause) {}

    @Override
    public void together(Together.Group group) {}
  }
}
