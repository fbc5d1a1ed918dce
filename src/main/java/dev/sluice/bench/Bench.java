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
 * One run: opens every connection, lets all senders begin at the same moment, waits for the last
 * one and adds up. A virtual thread for each connection. A run is used once; it fails as a whole
 * when a connection cannot be opened before it begins, and counts what fails later.
 */
public final class Bench {
  private static final long NANOS_PER_OPENING = 1_000_000_000L / 2_000;

  /** Until every sender waits for its first turn. */
  private static final long SETTLING_NANOS = 100_000_000L;

  private final BenchConfig config;
  private final ConnectProblem problem = new ConnectProblem();
  private final Tallies tallies;

  /** Asked for before the run: hundreds of classes come with it, and compiled code goes. */
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
   * @throws BenchException when it cannot begin
   * @throws InterruptedException when this thread is; nothing is sent from then on
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
      // Not join at once: its first wait loads a class, with which compiled code goes as well.
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

  /** A few at a time: thousands at once overflow the accept queue of what is to be measured. */
  private void openAll() throws BenchException, InterruptedException {
    BenchConfig.Target target = config.target();
    InetSocketAddress address = new InetSocketAddress(target.host(), target.port());
    OutagePlan outages = new OutagePlan(config);
    RunClock ramp = RunClock.startingIn(0);
    for (int i = 0; i < config.load().connections() && failure.get() == null; i++) {
      ramp.await(i * NANOS_PER_OPENING);
      Connection connection = new Connection(address, target.timeout());
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

  /** What a connection's thread does. */
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

  /** Ends what still runs: nothing, after a run that came to its end. */
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
              "--connections %,d with --batch %,d need %,d MiB for their requests, half of the heap is"
                  + " %,d MiB; use fewer, or a greater heap: SLUICE_JAVA_OPTIONS=-Xmx%dg",
              config.load().connections(),
              config.readings().batch(),
              needed >> 20,
              allowed >> 20,
              (needed >> 29) + 1));
    }
  }
}
