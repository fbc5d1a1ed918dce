package dev.sluice.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One run: opens every connection, starts all senders at the same moment, waits for the last one
 * and adds up the results. Uses a virtual thread per connection. Single use. Fails as a whole if a
 * connection cannot be opened before the run begins; later failures are counted.
 */
public final class Bench {
  private static final long NANOS_PER_OPENING = 1_000_000_000L / 2_000;

  /** Time for every sender to reach the wait for its first turn. */
  private static final long SETTLING_NANOS = 100_000_000L;

  private final BenchConfig config;
  private final ConnectProblem problem = new ConnectProblem();
  private final Tallies tallies;

  /**
   * Obtained before the run, because it loads hundreds of classes, which invalidates compiled code.
   */
  private final OperatingSystemMXBean system =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  private final List<Connection> connections = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final CompletableFuture<Pacer> start = new CompletableFuture<>();
  private final CountDownLatch tried;

  private Bench(BenchConfig config) {
    this.config = config;
    this.tallies = new Tallies(config.load());
    this.tried = new CountDownLatch(config.load().connections());
  }

  /**
   * Runs to the end.
   *
   * @throws BenchException if the run cannot begin
   * @throws InterruptedException if this thread is interrupted; nothing more is sent after that
   */
  public static BenchReport run(BenchConfig config) throws BenchException, InterruptedException {
    checkMemory(config);
    Bench bench = new Bench(config);
    try {
      return bench.run();
    } finally {
      bench.abandon();
    }
  }

  private BenchReport run() throws BenchException, InterruptedException {
    openAll();
    RunClock clock = RunClock.startingIn(SETTLING_NANOS);
    OverdueWatch watch = new OverdueWatch(connections, config.target().timeout());
    Pacer pacer = new Pacer(clock);
    watch.start();
    pacer.start();
    try {
      start.complete(pacer);
      clock.await(config.load().warmupNanos());
      long cpuBefore = system.getProcessCpuTime();
      // Not join right away: its first wait loads a class, which invalidates compiled code, too.
      clock.await(config.load().countedEndNanos());
      for (Thread thread : threads) {
        thread.join();
      }
      long cpu = system.getProcessCpuTime() - cpuBefore;
      checkFailure();
      return tallies.counted().report(config, config.load().warmupNanos(), cpu / 1e9);
    } finally {
      pacer.stop();
      watch.stop();
    }
  }

  /** Opens a few at a time: thousands at the same time would overflow the target's accept queue. */
  private void openAll() throws BenchException, InterruptedException {
    BenchConfig.Target target = config.target();
    InetSocketAddress address = new InetSocketAddress(target.host(), target.port());
    OutagePlan outages = new OutagePlan(config);
    RunClock ramp = RunClock.startingIn(0);
    for (int i = 0; i < config.load().connections() && failure.get() == null; i++) {
      ramp.await(i * NANOS_PER_OPENING);
      Connection connection = new Connection(address, target.timeout(), target.tls());
      Sender sender = new Sender(config, i, connection, tallies, outages);
      connections.add(connection);
      threads.add(
          Thread.ofVirtual()
              .name("sensor-" + i)
              .uncaughtExceptionHandler((thread, thrown) -> failure.compareAndSet(null, thrown))
              .start(() -> live(connection, sender)));
    }
    if (failure.get() == null) {
      tried.await();
    }
    checkFailure();
  }

  /** The body of a connection's thread. */
  private void live(Connection connection, Sender sender) {
    try {
      connection.open();
      open.incrementAndGet();
    } catch (IOException e) {
      failure.compareAndSet(null, e);
    } finally {
      tried.countDown();
    }
    try {
      sender.run(start.get());
    } catch (InterruptedException e) {
      connection.close();
    } catch (ExecutionException e) {
      throw new AssertionError(e);
    }
  }

  private void checkFailure() throws BenchException {
    switch (failure.get()) {
      case null -> {}
      case IOException e ->
          throw new BenchException(
              problem.explain(e, config.target().url(), open.get(), config.load().connections()));
      case Throwable e -> throw new IllegalStateException("a sender ended", e);
    }
  }

  /** Ends whatever is still running: nothing, after a complete run. */
  private void abandon() {
    threads.forEach(Thread::interrupt);
    for (Connection connection : connections) {
      connection.close();
    }
  }

  private static void checkMemory(BenchConfig config) throws BenchException {
    long needed = RequestBody.size(config.readings()) * config.load().connections();
    long allowed = Runtime.getRuntime().maxMemory() / 2;
    if (needed > allowed) {
      throw new BenchException(
          String.format(
              Locale.ROOT,
              "--connections %,d with --batch %,d need %,d MiB for their requests, but half of the"
                  + " heap is %,d MiB; use fewer, or a larger heap: SLUICE_JAVA_OPTIONS=-Xmx%dg",
              config.load().connections(),
              config.readings().batch(),
              needed >> 20,
              allowed >> 20,
              (needed >> 29) + 1));
    }
  }
}
