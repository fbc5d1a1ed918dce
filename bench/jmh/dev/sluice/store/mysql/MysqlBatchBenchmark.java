package dev.sluice.store.mysql;

import dev.sluice.reading.FleetReadings;
import dev.sluice.reading.ReadingBatch;
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
 * Time and allocation per reading of the statements for MySQL, all but sending them: 20,000
 * readings over four lanes, 5,000 rows a statement, as Sluice's settings have it.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class MysqlBatchBenchmark {
  private static final int READINGS = 20_000;
  private static final int LANES = 4;
  private static final int ROWS = 5_000;

  private final Lanes lanes = new Lanes();
  private final Upsert upsert = new Upsert(true, 16 << 20);
  private final ReadingBatch batch = new ReadingBatch();

  @Setup
  public void fill() {
    for (int from = 0; from < READINGS; from += 1_000) {
      FleetReadings.append(batch, from, 1_000, 10_000);
    }
  }

  @Benchmark
  @OperationsPerInvocation(READINGS)
  public long statements() {
    lanes.split(batch, LANES);
    long characters = 0;
    for (int lane = 0; lane < LANES; lane++) {
      int to = lanes.start(lane + 1);
      for (int at = lanes.start(lane); at < to; ) {
        at = upsert.write(batch, lanes.rows(), at, Math.min(to, at + ROWS));
        characters += upsert.sql().length();
      }
    }
    return characters;
  }
}
