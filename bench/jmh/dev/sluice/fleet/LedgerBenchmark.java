package dev.sluice.fleet;

import dev.sluice.files.NdjsonLog;
import dev.sluice.reading.FleetReadings;
import dev.sluice.reading.ReadingBatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Time per reading that the fleet's ledger takes, of a fleet that fits the caches and of one that
 * does not.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 1, jvmArgs = "-Xmx3g")
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@SuppressWarnings("NullAway.Init") // JMH calls fill() first
public class LedgerBenchmark {
  private static final int READINGS = 1_000;
  private static final long FRAME_MICROS = 1_000;

  @Param({"10000", "1000000"})
  public int devices;

  private ReadingBatch[] batches = {};
  private Path directory;
  private Names names;
  private Ledger ledger;
  private long nowMicros = 1_795_300_000_000_000L;
  private int next;

  @Setup
  public void fill() throws IOException {
    directory = Files.createTempDirectory("ledger");
    names = new Names(directory.resolve("names"));
    FleetConfig config =
        new FleetConfig(true, directory, devices, Duration.ofSeconds(2), 0.2, Duration.ofDays(30));
    Incidents incidents = new Incidents(new NdjsonLog(directory.resolve("incidents.ndjson")));
    ledger = new Ledger(config, names, 42, incidents, new Nobody());
    batches = new ReadingBatch[devices / READINGS];
    for (int n = 0; n < batches.length; n++) {
      batches[n] = new ReadingBatch();
      FleetReadings.append(batches[n], (long) n * READINGS, READINGS, devices);
    }
  }

  @TearDown
  public void delete() throws IOException {
    names.close();
    Files.deleteIfExists(directory.resolve("incidents.ndjson"));
    Files.delete(directory);
  }

  @Benchmark
  @OperationsPerInvocation(READINGS)
  public void frame() {
    ledger.frame(nowMicros += FRAME_MICROS, batches[next]);
    next = next + 1 == batches.length ? 0 : next + 1;
  }

  private static final class Nobody implements GapListener {
    @Override
    public void silent(int device, long sinceMicros) {}

    @Override
    public void gap(int device, long fromMicros, long toMicros, Cause cause) {}

    @Override
    public void together(Together.Group group) {}
  }
}
