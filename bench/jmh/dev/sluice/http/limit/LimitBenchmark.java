package dev.sluice.http.limit;

import dev.sluice.http.auth.Client;
import dev.sluice.http.auth.LimitOverrides;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.ThreadParams;

/**
 * What a limit costs a request that passes, each thread with a client of its own; run it with
 * {@code -t 1} and {@code -t 2}. A line of memory that clients shared would show in {@code pass},
 * as it does in {@code passOfOneClient}.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class LimitBenchmark {
  private static final SocketAddress FROM = new InetSocketAddress("192.0.2.1", 1_000);

  /** So high that nothing is ever refused. */
  private static final long RATE = 1_000_000_000;

  private static final List<Client> CLIENTS =
      IntStream.range(0, 16).mapToObj(LimitBenchmark::client).toList();

  private static Client client(int number) {
    return new Client(
        "fleet-" + number,
        Client.Kind.TOKEN,
        Set.of(dev.sluice.http.auth.Scope.WRITE),
        LimitOverrides.NONE,
        "");
  }

  @State(Scope.Benchmark)
  public static class All {
    final Limits none = Limits.none();
    final Limits limits = new Limits(new LimitsConfig(RATE, RATE, 1_000, 0.25, 0.25, 20));
    final Gcra rate = new Gcra(RATE);
    final Cells shared = new Cells();

    @Setup
    public void know() {
      limits.clients(CLIENTS);
    }
  }

  @State(Scope.Thread)
  public static class Mine {
    final Cells cells = new Cells();
    Client client = CLIENTS.getFirst();
    long nowNanos;

    @Setup
    public void choose(ThreadParams thread) {
      client = CLIENTS.get(thread.getThreadIndex());
    }
  }

  /** What reading the clock takes, which a pass has to. */
  @Benchmark
  public long clock() {
    return System.nanoTime();
  }

  /** A pass at a time that is known. */
  @Benchmark
  public long passWithoutClock(All all, Mine mine) {
    return all.rate.pass(mine.cells, Cells.READINGS, mine.nowNanos++, 1);
  }

  @Benchmark
  public long pass(All all, Mine mine) {
    return all.rate.pass(mine.cells, Cells.READINGS, System.nanoTime(), 1);
  }

  @Benchmark
  public long passOfOneClient(All all) {
    return all.rate.pass(all.shared, Cells.READINGS, System.nanoTime(), 1);
  }

  /** All that a request of one reading passes, with every limit set. */
  @Benchmark
  public @Nullable OverLimit request(All all, Mine mine) {
    return request(all.limits.of(mine.client, FROM));
  }

  /** The same without limits. */
  @Benchmark
  public @Nullable OverLimit requestWithoutLimits(All all, Mine mine) {
    return request(all.none.of(mine.client, FROM));
  }

  private static @Nullable OverLimit request(Account account) {
    OverLimit over = account.tryWrite();
    if (over == null) {
      account.tryBody(16_384, 0, 1 << 27);
      account.passBytes(60);
      over = account.passReadings(1);
      account.giveBody(16_384);
      account.leave();
    }
    return over;
  }
}
