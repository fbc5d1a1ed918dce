package dev.sluice.store.questdb;

import dev.sluice.reading.FleetReadings;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.reading.ReadingBuffer;
import dev.sluice.store.WriteResult;
import dev.sluice.store.questdb.engine.EmbeddedQuestDb;
import dev.sluice.store.questdb.engine.QuestDbSink;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
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
 * Time and allocation per reading of a write into the embedded engine: sorted, put into columns and
 * committed durably, 100,000 readings a commit, each later than all before. The engine's workers
 * apply what was written meanwhile, as they do in life.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 5, time = 3)
@SuppressWarnings("NullAway.Init") // JMH calls open() first
public class QuestDbBatchBenchmark {
  private static final int READINGS = 100_000;

  @Param({"10000", "1000000"})
  int devices;

  private final ReadingBuffer buffer = new ReadingBuffer(1 << 16, 1 << 20);
  private final ReadingBatch batch = new ReadingBatch();
  private long written;
  private Path directory;
  private EmbeddedQuestDb database;
  private QuestDbSink sink;

  @Setup
  public void open() throws Exception {
    directory = Files.createTempDirectory(Path.of("."), "questdb-benchmark");
    QuestDbConfig config =
        new QuestDbConfig(
            QuestDbConfig.Mode.EMBEDDED,
            directory,
            "",
            "",
            "",
            0,
            0,
            Optional.empty(),
            READINGS,
            Duration.ofMillis(200),
            Duration.ofMinutes(1),
            OptionalInt.empty());
    database = EmbeddedQuestDb.open(config);
    new QuestDbSchema(database.sql()::execute, database.sql()::query).migrate();
    sink = new QuestDbSink(database, config);
  }

  /** The next readings, out of the time that is measured. */
  @Setup(Level.Invocation)
  public void fill() {
    batch.clear(written);
    for (int from = 0; from < READINGS; from += 1_000) {
      FleetReadings.fill(buffer, written + from, 1_000, devices);
      FleetReadings.append(batch, buffer);
    }
    written += READINGS;
  }

  @TearDown
  public void close() throws IOException {
    sink.close();
    database.close();
    try (Stream<Path> files = Files.walk(directory)) {
      List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
      for (Path file : deepestFirst) {
        Files.delete(file);
      }
    }
  }

  @Benchmark
  @OperationsPerInvocation(READINGS)
  public WriteResult write() {
    WriteResult result = sink.write(batch);
    while (result instanceof WriteResult.Busy) {
      LockSupport.parkNanos(1_000_000);
      result = sink.write(batch);
    }
    if (!(result instanceof WriteResult.Written)) {
      throw new AssertionError(result);
    }
    return result;
  }
}
