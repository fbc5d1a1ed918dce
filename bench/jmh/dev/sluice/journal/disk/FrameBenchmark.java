package dev.sluice.journal.disk;

import dev.sluice.reading.FleetReadings;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.reading.ReadingBuffer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Time and allocation per reading between the parser and the file, and between the file and a sink:
 * a request of 1,000 readings to frames, and frames to a batch.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class FrameBenchmark {
  private static final int READINGS = 1_000;

  private final FrameHarness encoder = new FrameHarness();
  private final FrameHarness decoder = new FrameHarness();
  private final ReadingBuffer buffer = new ReadingBuffer(1 << 16, 1 << 20);
  private final ReadingBatch batch = new ReadingBatch();

  @Setup
  public void fill() {
    FleetReadings.fill(buffer, 0, READINGS, 10_000);
    decoder.encode(buffer);
  }

  @Benchmark
  @OperationsPerInvocation(READINGS)
  public int encode() {
    return encoder.encode(buffer);
  }

  @Benchmark
  @OperationsPerInvocation(READINGS)
  public ReadingBatch decode() {
    batch.clear(0);
    decoder.decode(batch);
    if (batch.size() != READINGS) {
      throw new AssertionError(batch.size() + " readings, expected " + READINGS);
    }
    return batch;
  }
}
