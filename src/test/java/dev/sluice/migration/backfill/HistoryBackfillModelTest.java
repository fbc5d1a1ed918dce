package dev.sluice.migration.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.api.BackfillStatus;
import dev.sluice.files.AtomicFile;
import dev.sluice.migration.MigrationRig;
import dev.sluice.migration.RefusedException;
import dev.sluice.migration.Successor;
import dev.sluice.migration.VisibleLag;
import dev.sluice.reading.Identity;
import dev.sluice.reading.Reading;
import dev.sluice.store.WriteResult;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Rows are copied in the order of ids or of time, each half of the seeds with a store that may lose
 * what it has not synced. Corrections come by the mirror while chunks are in flight; deliveries
 * stall, stores go away and lose what they had not synced, the backfill is killed between any two
 * of its steps, and the whole process is stopped. In the end both stores hold the same.
 */
@Tag("slow")
class HistoryBackfillModelTest {
  private static final long DAY = 86_400_000_000L;
  private static final int ROWS = 900;
  private static final int CHUNK_ROWS = 20;

  /** Four in a row are both orders, each with both kinds of store. */
  private static final int SEEDS = 2 * Integer.getInteger("sluice.test.seeds", 2);

  @TempDir Path data;

  static List<Long> seeds() {
    String given = System.getProperty("backfill.seeds", "");
    if (!given.isEmpty()) {
      return java.util.Arrays.stream(given.split(",")).map(Long::parseLong).toList();
    }
    long first = System.nanoTime();
    return java.util.stream.LongStream.range(first, first + SEEDS).boxed().toList();
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void bothStoresHoldTheSameInTheEnd(long seed) {
    Random random = new Random(seed);
    try (MigrationRig rig = new MigrationRig(data)) {
      List<Reading> history = history(random);
      history.forEach(rig.mysql::put);
      rig.mysql.byId = seed / 2 % 2 == 0;
      rig.mysql.putIncomplete(DAY);
      Faults faults = new Faults(rig, seed);
      rig.start();
      Load load = new Load(rig, history, seed);
      faults.begin();
      load.start();

      HistoryBackfill backfill = runToItsEnd(rig, load, faults, random);

      load.end();
      faults.end();
      await().atMost(Duration.ofMinutes(2)).until(rig::settled);
      BackfillStatus json = backfill.status();
      assertThat(json.rowsCopied() + json.rowsSuperseded() + 1)
          .isEqualTo(json.rowsTotal())
          .isGreaterThan(ROWS);
      assertThat(json.rowsSkipped()).isEqualTo(1);
      assertThat(differences(rig)).isEmpty();
      backfill.close();
    }
  }

  private static List<String> differences(MigrationRig rig) {
    Map<Identity, Double> mysql = rig.mysql.values();
    Map<Identity, Double> questDb = rig.questDb.values;
    Set<Identity> all = new HashSet<>(mysql.keySet());
    all.addAll(questDb.keySet());
    return all.stream()
        .filter(each -> !Objects.equals(mysql.get(each), questDb.get(each)))
        .map(each -> each + ": " + mysql.get(each) + " in MySQL, " + questDb.get(each))
        .toList();
  }

  private HistoryBackfill runToItsEnd(MigrationRig rig, Load load, Faults faults, Random random) {
    HistoryBackfill backfill = open(rig, faults);
    try {
      backfill.start(Map.of());
    } catch (RefusedException e) {
      throw new AssertionError(e);
    }
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!backfill.complete()) {
      assertThat(System.nanoTime()).as(backfill.status().toString()).isLessThan(deadline);
      assertThat(backfill.status().state()).isNotIn("failed", "cancelled");
      pause(1_000_000);
      if (faults.killed()) {
        backfill.close();
        if (random.nextInt(4) == 0) {
          load.during(() -> {
            rig.stop();
            rig.reopen();
            rig.start();
          });
        }
        backfill = open(rig, faults);
        backfill.resumeAfterStart();
      }
    }
    return backfill;
  }

  private HistoryBackfill open(MigrationRig rig, Faults faults) {
    faults.revive();
    ((MigrationRig.ChunkSink) rig.pair().orElseThrow().next().chunkSink()).fault =
        step -> faults.ofBackfillOnly();
    return new HistoryBackfill(
        new BackfillConfig(
            data.resolve("backfill"),
            CHUNK_ROWS,
            0,
            Duration.ofMinutes(1),
            Duration.ofMinutes(1),
            1_000,
            Map.of()),
        rig,
        () -> Duration.ZERO,
        new VisibleLag(rig),
        InstantSource.system(),
        () -> true,
        Successor.NOBODY,
        System::nanoTime,
        new AtomicFile(step -> faults.ofBackfillOnly()),
        1 << 20);
  }

  private static List<Reading> history(Random random) {
    List<Reading> history = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      // Many rows share a ts, and three days make more than one partition.
      long ts = random.nextInt(3) * DAY + random.nextInt(ROWS / 6) * 1_000L;
      history.add(new Reading("s-" + i, random.nextBoolean() ? "temp" : "humidity", ts, -1 - i));
    }
    return history;
  }

  /** A stall; not {@code parkNanos}, which an append's wake-up may end at once. */
  private static void pause(long nanos) {
    try {
      new CountDownLatch(1).await(nanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Corrects a reading now and then, most of them just where the backfill is. */
  private static final class Load {
    private final MigrationRig rig;
    private final List<Reading> history;
    private final Random random;
    private final Thread thread = Thread.ofPlatform().unstarted(this::run);
    private final java.util.concurrent.locks.ReentrantLock appending =
        new java.util.concurrent.locks.ReentrantLock();
    private volatile boolean ended;
    private int next;

    private Load(MigrationRig rig, List<Reading> history, long seed) {
      this.rig = rig;
      this.history =
          history.stream().sorted(java.util.Comparator.comparingLong(Reading::tsMicros)).toList();
      this.random = new Random(seed + 1);
    }

    void start() {
      thread.start();
    }

    void during(Runnable pause) {
      appending.lock();
      try {
        pause.run();
      } finally {
        appending.unlock();
      }
    }

    void end() {
      ended = true;
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }

    private void run() {
      while (!ended) {
        appending.lock();
        try {
          rig.append(correction());
        } finally {
          appending.unlock();
        }
        pause(random.nextInt(2_000_000));
        awaitMysqlNotTooFarBehind();
      }
    }

    private void awaitMysqlNotTooFarBehind() {
      while (!ended
          && rig.pair().map(pair -> pair.legacy().delivery().status().lagReadings()).orElse(0L)
              > 200) {
        pause(1_000_000);
      }
    }

    private Reading correction() {
      next++;
      if (random.nextInt(10) == 0) {
        return new Reading("new-" + next, "temp", random.nextInt(3) * DAY + next, next);
      }
      Identity identity = history.get(index()).identity();
      return new Reading(identity.device(), identity.metric(), identity.tsMicros(), next);
    }

    /** Around the rows last read, which are corrected while they are on their way. */
    private int index() {
      if (random.nextInt(5) == 0) {
        return random.nextInt(history.size());
      }
      long at = rig.mysql.lastRead.tsMicros();
      int index = 0;
      while (index < history.size() - 1 && history.get(index).tsMicros() < at) {
        index++;
      }
      return Math.floorMod(index + random.nextInt(3 * CHUNK_ROWS) - CHUNK_ROWS, history.size());
    }
  }

  /** What goes wrong, each kind with random numbers of its own thread. */
  private static final class Faults {
    private final MigrationRig rig;
    private final Random ofMysql;
    private final Random ofQuestDb;
    private final Random ofBackfill;
    private final AtomicInteger kills = new AtomicInteger(12);
    private final AtomicInteger losses = new AtomicInteger(4);
    private volatile boolean active;
    private volatile boolean killed;

    private Faults(MigrationRig rig, long seed) {
      this.rig = rig;
      this.ofMysql = new Random(seed + 2);
      this.ofQuestDb = new Random(seed + 3);
      this.ofBackfill = new Random(seed + 4);
      boolean losing = seed % 2 != 0;
      rig.questDb.syncedAfter = losing ? Duration.ofMillis(50) : Duration.ZERO;
      rig.questDb.durableAfter = losing ? Duration.ofSeconds(1) : Duration.ZERO;
    }

    void begin() {
      active = true;
      rig.mysql.answer = batch -> stallOrFail(ofMysql, 20);
      rig.questDb.applyLag = Duration.ofMillis(ofQuestDb.nextInt(20));
      rig.mysql.fault = step -> ofBackfillOnly();
      rig.questDb.fault = this::inQuestDb;
    }

    void end() {
      active = false;
      rig.questDb.away = false;
    }

    boolean killed() {
      return killed;
    }

    void revive() {
      killed = false;
    }

    /** As kill -9 would: nothing more is done, and nothing more is written. */
    private void ofBackfill() {
      if (!active) {
        return;
      }
      if (ofBackfill.nextInt(3) == 0) {
        pause(ofBackfill.nextInt(3_000_000));
      }
      if (ofBackfill.nextInt(120) == 0 && kills.getAndDecrement() > 0) {
        killed = true;
        throw new RunControl.EndedException(RunControl.End.STOPPED);
      }
    }

    void ofBackfillOnly() {
      if (Thread.currentThread().getName().startsWith("backfill")) {
        ofBackfill();
      }
    }

    private void inQuestDb(String step) {
      if (Thread.currentThread().getName().startsWith("backfill")) {
        ofBackfill();
      } else if (active && step.equals("write")) {
        stall(ofQuestDb, 4);
        if (!rig.questDb.durableAfter.isZero()
            && ofQuestDb.nextInt(150) == 0
            && losses.getAndDecrement() > 0) {
          loseUnsynced();
        }
      }
    }

    /** It comes back only after both writers have noticed. */
    private void loseUnsynced() {
      rig.questDb.crash();
      Thread.ofVirtual()
          .start(() -> {
            for (int i = 0; i < 200 && !rig.questDb.noticed.contains("backfill"); i++) {
              pause(TimeUnit.MILLISECONDS.toNanos(1));
            }
            rig.questDb.away = false;
          });
    }

    private WriteResult stallOrFail(Random random, int millis) {
      if (!active) {
        return WriteResult.Written.DURABLE;
      }
      stall(random, millis);
      return random.nextInt(20) == 0
          ? new WriteResult.Unavailable("away for a moment")
          : WriteResult.Written.DURABLE;
    }

    private static void stall(Random random, int millis) {
      if (random.nextInt(4) == 0) {
        pause(TimeUnit.MICROSECONDS.toNanos(random.nextInt(millis * 1_000)));
      }
    }
  }
}
