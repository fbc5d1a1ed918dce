package dev.sluice.migration.cutover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.api.CutoverStatus;
import dev.sluice.api.FlipResult;
import dev.sluice.migration.FakeStore;
import dev.sluice.migration.FakeWorld;
import dev.sluice.migration.RefusedException;
import dev.sluice.migration.phase.Phase;
import dev.sluice.query.Reads;
import dev.sluice.query.Reads.Lease;
import dev.sluice.reading.Reading;
import dev.sluice.store.ReadingQuery;
import dev.sluice.store.ReadingSource.UnavailableException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads and writes while a flip moves reads from one store to the other. */
class FlipTest {
  /**
   * A flip asks for the journal's end before it waits while reads go on, then while it holds them.
   */
  private static final int WHILE_READS_GO_ON = 1;

  private static final int WHILE_READS_ARE_HELD = 2;

  @TempDir Path data;

  @Test
  void readsGoOnFromTheOldSideUntilTheNewOneHasCaughtUp() throws Exception {
    FakeWorld world = new FakeWorld(data, Phase.MIRROR);
    GuardedCutover cutover = world.open(Phase.MIRROR);
    String report = cutover.report(Phase.QUESTDB).id();
    world.lagAtJournalEnd(WHILE_READS_GO_ON, reading(0));

    try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<FlipResult> flip = pool.submit(() -> flip(cutover, report));
      await().until(() -> step(cutover).equals("waiting for questdb"));

      assertThat(world.reads.acquire().orElseThrow().source().name()).isEqualTo("mysql");
      world.append(reading(1));
      world.questDb.prompt = true;

      assertThat(flip.get().waitedMs()).isNotNegative();
      assertThat(world.reads.acquire().orElseThrow().source().name()).isEqualTo("questdb");
    }
  }

  @Test
  void newReadsWaitWhileHeldAndThenSeeTheNewSide() throws Exception {
    FakeWorld world = new FakeWorld(data, Phase.MIRROR);
    Reads.Hold hold = world.reads.hold();
    try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Optional<Lease>>> waiting = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        waiting.add(pool.submit(world.reads::acquire));
      }
      FakeWorld.pause(20);
      assertThat(waiting).noneMatch(Future::isDone);

      hold.switchTo(world.questDb);
      hold.close();

      for (Future<Optional<Lease>> read : waiting) {
        assertThat(read.get().orElseThrow().source()).isSameAs(world.questDb);
      }
    }
  }

  @Test
  void readsInFlightAreNeitherWaitedForNorAnswered() {
    FakeWorld world = new FakeWorld(data, Phase.MIRROR);
    Lease inFlight = world.reads.acquire().orElseThrow();
    assertThat(world.reads.stands(inFlight)).isTrue();

    try (Reads.Hold hold = world.reads.hold()) {
      assertThat(world.reads.stands(inFlight)).isFalse();
      hold.switchTo(world.questDb);
    }

    assertThat(world.reads.stands(inFlight)).isFalse();
    assertThat(world.reads.stands(world.reads.acquire().orElseThrow())).isTrue();
  }

  @Test
  void aHeldReadGivesUpAfterTheLongestFlip() {
    FakeWorld world = new FakeWorld(data, Phase.MIRROR);
    Reads reads = new Reads(world.mysql, Duration.ZERO);
    Reads.Hold hold = reads.hold();

    assertThat(reads.acquire()).isEmpty();

    hold.close();
    assertThat(reads.acquire().orElseThrow().source()).isSameAs(world.mysql);
  }

  @Test
  void aStoreThatDoesNotCatchUpPutsEverythingBackAndTellsWhy() throws Exception {
    FakeWorld world = new FakeWorld(data, Phase.MIRROR);
    world.timeout = Duration.ofMillis(300);
    GuardedCutover cutover = world.open(Phase.MIRROR);
    String report = cutover.report(Phase.QUESTDB).id();
    world.lagAtJournalEnd(WHILE_READS_GO_ON, reading(0));

    assertThatThrownBy(() -> flip(cutover, report))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("every step was rolled back")
        .hasMessageContaining("questdb does not have everything before offset")
        .hasMessageContaining("cutover.timeout is 300 ms");

    assertPutBack(world, cutover);
  }

  @Test
  void mysqlIsNotRetiredBeforeItHasWhatWasAcknowledged() throws Exception {
    FakeWorld world = new FakeWorld(data, Phase.QUESTDB);
    world.timeout = Duration.ofMillis(300);
    GuardedCutover cutover = world.open(Phase.QUESTDB);
    String report = cutover.report(Phase.RETIRED).id();
    world.mysql.prompt = false;
    world.append(reading(0));

    assertThatThrownBy(() -> cutover.flip(FakeWorld.flip(Phase.RETIRED, report)))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("mysql does not have everything before offset 1")
        .hasMessageContaining(": 1 reading to go");
    assertThat(world.kept().phase()).isEqualTo(Phase.QUESTDB);
    assertThat(world.calls).isEmpty();

    world.mysql.prompt = true;
    FakeWorld.go(cutover, Phase.RETIRED);

    assertThat(world.kept().phase()).isEqualTo(Phase.RETIRED);
    assertThat(world.calls).containsExactly("leave mysql");
  }

  @Test
  void aStoreThatSettlesAndDoesNotShowPutsEverythingBack() throws Exception {
    FakeWorld world = new FakeWorld(data, Phase.MIRROR);
    world.timeout = Duration.ofMillis(300);
    GuardedCutover cutover = world.open(Phase.MIRROR);
    String report = cutover.report(Phase.QUESTDB).id();
    world.lagAtJournalEnd(WHILE_READS_GO_ON, reading(0));
    world.mysql.beforeRead = () -> world.questDb.settlesOnly = true;

    assertThatThrownBy(() -> flip(cutover, report))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("questdb has applied transaction");

    assertPutBack(world, cutover);
  }

  @Test
  void aStoreThatFallsBackWhileReadsAreHeldPutsThemBackInTime() throws Exception {
    FakeWorld world = new FakeWorld(data, Phase.MIRROR);
    world.timeout = Duration.ofMillis(300);
    GuardedCutover cutover = world.open(Phase.MIRROR);
    String report = cutover.report(Phase.QUESTDB).id();
    world.lagAtJournalEnd(WHILE_READS_ARE_HELD, reading(0));
    try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<FlipResult> flip = pool.submit(() -> flip(cutover, report));
      await().until(() -> step(cutover).equals("holding reads"));
      Future<Optional<Lease>> held = pool.submit(world.reads::acquire);

      assertThatThrownBy(flip::get)
          .hasCauseInstanceOf(RefusedException.class)
          .hasMessageContaining("every step was rolled back");

      assertThat(held.get().orElseThrow().source()).isSameAs(world.mysql);
    }
    assertPutBack(world, cutover);
  }

  @Test
  void aHangingOldStoreDoesNotBlockTheWayFromIt() throws Exception {
    FakeWorld world = new FakeWorld(data, Phase.QUESTDB);
    GuardedCutover cutover = world.open(Phase.QUESTDB);
    CountDownLatch hangs = new CountDownLatch(1);
    world.questDb.beforeRead = () -> awaitLatch(hangs);
    try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Boolean> answered = pool.submit(() -> readOnce(world.reads));
      await().until(() -> !answered.isDone());

      FakeWorld.go(cutover, Phase.MIRROR);

      assertThat(world.reads.sourceName()).isEqualTo("mysql");
      hangs.countDown();
      assertThat(answered.get()).as("answered from the old side").isFalse();
    }
  }

  /**
   * Readers that saw an acknowledged reading never miss it after, whatever the flips do meanwhile;
   * writers are never refused, and nobody waits for longer than a flip.
   */
  @RepeatedTest(5)
  void whoSawAReadingNeverMissesItAfterAFlip() throws Exception {
    long seed = ThreadLocalRandom.current().nextLong();
    System.out.println("seed " + seed);
    FakeWorld world = new FakeWorld(data, Phase.MIRROR);
    GuardedCutover cutover = world.open(Phase.MIRROR);
    AtomicBoolean stop = new AtomicBoolean();
    world.questDb.prompt = false;
    world.mysql.prompt = false;
    try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> running = new ArrayList<>();
      running.add(pool.submit(() -> deliver(world.mysql, world, new Random(seed), stop)));
      running.add(pool.submit(() -> deliver(world.questDb, world, new Random(seed + 1), stop)));
      running.add(pool.submit(() -> write(world, stop)));
      AtomicLong reads = new AtomicLong();
      for (int i = 0; i < 4; i++) {
        running.add(pool.submit(() -> readWhatOneSaw(world, stop, reads)));
      }

      try {
        for (int i = 0; i < 6; i++) {
          FakeWorld.go(cutover, i % 2 == 0 ? Phase.QUESTDB : Phase.MIRROR);
        }
        long sofar = reads.get();
        await().until(() -> reads.get() > sofar + 20);
      } finally {
        stop.set(true);
      }
      for (Future<?> each : running) {
        each.get();
      }
    }
    assertThat(world.kept().epoch()).isEqualTo(7);
  }

  private static void write(FakeWorld world, AtomicBoolean stop) {
    for (long i = 0; !stop.get(); i++) {
      world.append(reading(i));
      FakeWorld.pause(1);
    }
  }

  /** A delivery that settles, and a store that applies, each in steps and after pauses. */
  private static void deliver(FakeStore store, FakeWorld world, Random random, AtomicBoolean stop) {
    while (!stop.get()) {
      FakeWorld.pause(random.nextInt(6));
      int settled = store.settled;
      int missing = world.journal.size() - settled;
      store.settled = settled + (missing == 0 ? 0 : 1 + random.nextInt(missing));
      if (random.nextBoolean()) {
        store.applied = store.settled;
      }
    }
  }

  /** The value of the one series only grows: what was seen once is never undone. */
  private static void readWhatOneSaw(FakeWorld world, AtomicBoolean stop, AtomicLong reads) {
    double seen = -1;
    while (!stop.get()) {
      FakeWorld.pause(1);
      Lease lease = world.reads.acquire().orElseThrow();
      double value = read(lease);
      if (!world.reads.stands(lease)) {
        continue;
      }
      // Within one side a read is a snapshot of a store that only grows.
      assertThat(value).as("read from %s", lease.source().name()).isGreaterThanOrEqualTo(seen);
      seen = value;
      reads.incrementAndGet();
    }
  }

  private static double read(Lease lease) {
    List<Reading> found = new ArrayList<>();
    try {
      lease.source().read(query(), found::add);
    } catch (UnavailableException e) {
      throw new AssertionError(e);
    }
    return found.isEmpty() ? -1 : found.getFirst().value();
  }

  private static boolean readOnce(Reads reads) {
    Lease lease = reads.acquire().orElseThrow();
    read(lease);
    return reads.stands(lease);
  }

  private static ReadingQuery query() {
    return new ReadingQuery("s-17", Optional.of("temp"), 0, 10, false, Optional.empty(), 1);
  }

  private static Reading reading(long value) {
    return new Reading("s-17", "temp", 1, value);
  }

  private static FlipResult flip(GuardedCutover cutover, String report) throws RefusedException {
    return cutover.flip(FakeWorld.flip(Phase.QUESTDB, report));
  }

  private static String step(GuardedCutover cutover) {
    CutoverStatus.Changing changing = cutover.status().changing();
    return changing == null ? "" : changing.step();
  }

  private static void assertPutBack(FakeWorld world, GuardedCutover cutover) throws Exception {
    assertThat(world.kept().epoch()).isEqualTo(1);
    assertThat(cutover.phase()).isEqualTo(world.kept());
    assertThat(world.reads.acquire().orElseThrow().source().name()).isEqualTo("mysql");
    assertThat(cutover.status().changing()).isNull();
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
