package dev.sluice.journal.disk;

import dev.sluice.journal.AppendResult;
import dev.sluice.journal.JournalConfig;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBuffer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Appends until acknowledged, by 64 threads at once: 1 reading as from one sensor, 1,000 as from a
 * collector. Says what one append costs with everyone waiting; run with {@code -jvmArgsAppend
 * -Djmh.executor=VIRTUAL} for the threads ingest has.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Threads(64)
@SuppressWarnings(
    "NullAway.Init") // JMH sets the parameters, and calls open() before any benchmark.
public class JournalBenchmark {
  @Param({"OS", "FSYNC"})
  JournalConfig.Ack ack;

  @Param({"1", "1000"})
  int readings;

  private Path directory;
  private DiskJournal journal;
  private Cursor cursor;

  /** What one appender reuses. */
  @State(Scope.Thread)
  public static class Appender {
    private final ReadingBuffer buffer = new ReadingBuffer(1024, 1 << 20);

    @Setup
    public void fill(JournalBenchmark benchmark) {
      for (int i = 0; i < benchmark.readings; i++) {
        buffer.add(new Reading("device-" + i % 100, "temp", 1_795_300_000_000_000L + i, 21.5 + i));
      }
    }
  }

  @Setup
  public void open() throws IOException {
    directory = Files.createTempDirectory(Path.of("."), "journal-benchmark");
    journal =
        DiskJournal.open(
            new JournalConfig(directory, ack, Duration.ofMillis(50), 4L << 30, 64 << 20),
            InstantSource.system());
    cursor = journal.cursor("benchmark");
  }

  @TearDown
  public void close() throws IOException {
    journal.close();
    try (Stream<Path> files = Files.walk(directory)) {
      List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
      for (Path file : deepestFirst) {
        Files.delete(file);
      }
    }
  }

  @Benchmark
  public AppendResult append(Appender appender) throws IOException {
    AppendResult result = journal.append(appender.buffer);
    while (result instanceof AppendResult.Full) {
      makeRoom();
      result = journal.append(appender.buffer);
    }
    return result;
  }

  private synchronized void makeRoom() throws IOException {
    long passed = journal.stats().nextOffset() - cursor.state().offset();
    cursor.advance(cursor.state().plusDelivered(passed));
  }
}
