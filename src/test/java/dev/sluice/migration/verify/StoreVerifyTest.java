package dev.sluice.migration.verify;

import static dev.sluice.migration.ParityWorld.HOUR;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.api.MismatchCounts;
import dev.sluice.api.ParityHour;
import dev.sluice.api.VerifyStatus;
import dev.sluice.api.VerifyStatus.Control;
import dev.sluice.migration.ParityWorld;
import dev.sluice.migration.RefusedException;
import dev.sluice.migration.parity.Hours;
import dev.sluice.migration.verify.Verify.Scope;
import dev.sluice.reading.Reading;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreVerifyTest {
  private static final long NEXT_HOUR = HOUR + Hours.HOUR_MICROS;

  @TempDir Path data;

  private ParityWorld world;

  @BeforeEach
  void open() throws IOException {
    world = new ParityWorld(data);
  }

  @AfterEach
  void close() {
    world.close();
  }

  @Test
  void findsEqualStoresEqual() {
    fillBoth(200);
    world.both("far", HOUR + 1_000 * Hours.HOUR_MICROS, 1);

    VerifyStatus end = world.run();

    assertThat(end.state()).isEqualTo("done");
    assertThat(end.hours().matched()).isEqualTo(3);
    assertThat(end.hoursDone()).isEqualTo(3);
    assertThat(end.rowsCompared()).isEqualTo(201);
    assertThat(end.completePassAt()).isEqualTo(world.now());
    assertThat(end.objection()).isNull();
    assertThat(world.mismatchFiles()).isEmpty();
    assertThat(world.parity.hour(HOUR).orElseThrow().mysqlRows()).isEqualTo(100);
    assertThat(world.parity.hour(HOUR).orElseThrow().questDbRows()).isEqualTo(100);
  }

  @Test
  void tellsEveryClassOfMismatchByItsKey() {
    fillBoth(100);
    world.mysql.put("lacking", HOUR + 1, 1);
    world.questDb.put("surplus", HOUR + 2, 2);
    world.mysql.put("s-3", HOUR + 3, 21.5);
    world.questDb.put("s-3", HOUR + 3, 21.6);
    world.mysql.put("s-4", HOUR + 4, 0.1);
    world.questDb.put("s-4", HOUR + 4, (float) 0.1);
    world.mysql.put("s-5", HOUR + 5, 0.0);
    world.questDb.put("s-5", HOUR + 5, -0.0);

    VerifyStatus end = world.run();

    assertThat(world.mismatches())
        .containsExactly(
            "extra surplus 2026-11-20T10:00:00.000002Z",
            "missing lacking 2026-11-20T10:00:00.000001Z",
            "precision s-4 2026-11-20T10:00:00.000004Z",
            "precision s-5 2026-11-20T10:00:00.000005Z",
            "value s-3 2026-11-20T10:00:00.000003Z");
    assertThat(end.mismatches()).isEqualTo(new MismatchCounts(1, 1, 1, 2));
    assertThat(end.state()).isEqualTo("done");
    assertThat(end.objection()).contains("differ in 1 of 2 hours").contains("repair");
    assertThat(world.state(HOUR)).isEqualTo("mismatched");
    assertThat(world.state(NEXT_HOUR)).isEqualTo("matched");
  }

  @Test
  void writesBothValuesAsTheyAreIntoTheFile() throws IOException {
    world.mysql.put("a", HOUR, 0.1 + 0.2);
    world.questDb.put("a", HOUR, -0.0);
    world.mysql.put("quo\"te é", HOUR + 1, 1e300);

    world.run();

    assertThat(Files.readAllLines(world.directory.resolve("mismatches/2026-11-20T10.ndjson")))
        .containsExactly(
            "{\"class\":\"value\",\"device_id\":\"a\",\"metric\":\"temp\","
                + "\"ts\":\"2026-11-20T10:00:00.000000Z\","
                + "\"mysql\":0.30000000000000004,\"questdb\":-0.0}",
            "{\"class\":\"missing\",\"device_id\":\"quo\\\"te é\",\"metric\":\"temp\","
                + "\"ts\":\"2026-11-20T10:00:00.000001Z\",\"mysql\":1.0E300,\"questdb\":null}");
  }

  @Test
  void reportsARowMovedOverAnHoursEdgeAsOneMissingAndOneExtra() {
    fillBoth(100);
    world.mysql.put("moved", NEXT_HOUR - 1, 7);
    world.questDb.put("moved", NEXT_HOUR, 7);

    world.run();

    assertThat(world.mismatches())
        .containsExactly(
            "extra moved 2026-11-20T11:00:00.000000Z", "missing moved 2026-11-20T10:59:59.999999Z");
    assertThat(world.mismatchFiles()).hasSize(2);
  }

  @Test
  void reportsAReadingThatAStoreHasTwice() {
    fillBoth(10);
    world.questDb.twice.add(new Reading("s-3", "temp", ts(3), 3));

    world.run();

    assertThat(world.mismatches()).containsExactly("extra s-3 " + MismatchFiles.text(ts(3)));
  }

  @Test
  void doesNotCountWhatIsOnlyUnderWay() {
    fillBoth(100);
    AtomicInteger scans = new AtomicInteger();
    // QuestDB does not show, MySQL does not take, what comes while the first look is under way.
    world.mysql.beforeScan =
        from -> {
          if (scans.getAndIncrement() == 0) {
            world.questDb.holdApply();
            world.mysql.behind = true;
            world.ingest("s-5", ts(5), 55);
            world.ingest("new", HOUR + 77, 1);
            await().until(() -> world.questDb.walStatus().visibleLag() > 0);
            world.questDb.put("half-way", HOUR + 78, 1);
          } else {
            world.questDb.delete("half-way", HOUR + 78);
          }
        };
    Thread catchesUp =
        Thread.ofVirtual()
            .start(() -> {
              await().until(() -> scans.get() == 1 && !world.mysql.scanned.isEmpty());
              world.mysql.behind = false;
              await().until(() -> world.mysql.rows().containsValue(55.0));
              world.questDb.apply();
            });

    VerifyStatus end = world.run();

    assertThat(catchesUp.isAlive()).isFalse();
    assertThat(scans.get()).isGreaterThan(2);
    assertThat(end.state()).isEqualTo("done");
    assertThat(world.mismatches()).isEmpty();
    assertThat(world.state(HOUR)).isEqualTo("dirty");
  }

  @Test
  void countsWhatStillDiffersOnceBothHaveCaughtUp() {
    fillBoth(100);
    world.questDb.put("s-5", ts(5), 55);
    world.ingest("s-6", ts(6), 66);
    world.awaitDelivered();

    world.run();

    assertThat(world.mismatches()).containsExactly("value s-5 " + MismatchFiles.text(ts(5)));
    assertThat(world.questDb.scanned.stream().filter(from -> from == ts(5))).hasSize(1);
  }

  @Test
  void looksAgainAtWhatDiffersDifferentlyAndCountsItInTheEnd() {
    fillBoth(10);
    AtomicInteger value = new AtomicInteger(100);
    world.questDb.beforeScan = from -> world.questDb.put("s-5", ts(5), value.getAndIncrement());

    world.run();

    assertThat(world.mismatches()).containsExactly("value s-5 " + MismatchFiles.text(ts(5)));
    assertThat(value.get()).as("one look at each hour, three more at one").isEqualTo(105);
  }

  @Test
  void failsAndLeavesTheHourAloneWhenAStoreDoesNotCatchUp() throws Exception {
    try (ParityWorld slow = new ParityWorld(data.resolve("slow"))) {
      slow.mysql.behind = true;
      slow.ingest("a", HOUR, 1);

      VerifyStatus end = slow.run();

      assertThat(end.state()).isEqualTo("failed");
      assertThat(end.why())
          .contains("mysql does not have everything before offset 1")
          .contains("verify.settle-timeout");
      assertThat(slow.state(HOUR)).isEqualTo("unverified");
      assertThat(end.completePassAt()).isNull();
    }
  }

  @Test
  void leavesAnHourDirtyThatIsWrittenToDuringTheRun() {
    fillBoth(200);
    AtomicInteger scans = new AtomicInteger();
    world.questDb.beforeScan =
        from -> {
          if (scans.getAndIncrement() == 1) {
            world.clock.step(Duration.ofSeconds(7));
            world.ingest("late", HOUR + 1, 1);
            world.awaitDelivered();
          }
        };

    VerifyStatus end = world.run();

    assertThat(end.state()).isEqualTo("done");
    assertThat(world.state(HOUR)).isEqualTo("dirty");
    assertThat(world.state(NEXT_HOUR)).isEqualTo("matched");
    assertThat(world.parity.hour(HOUR).orElseThrow().dirtySince().orElseThrow().at())
        .isEqualTo(Instant.parse("2026-11-22T03:00:07Z"));
    assertThat(end.objection()).as("not dirty for long").isNull();
  }

  @Test
  void endsAnHourCleanWhoseWritesAllCameBeforeItWasCompared() {
    fillBoth(200);
    AtomicInteger scans = new AtomicInteger();
    world.questDb.beforeScan =
        from -> {
          if (scans.getAndIncrement() == 0) {
            world.ingest("early", NEXT_HOUR + 1, 1);
            world.awaitDelivered();
          }
        };

    world.run();

    assertThat(world.state(NEXT_HOUR)).isEqualTo("matched");
  }

  @Test
  void comparesOneTsWithMoreReadingsThanFitIntoMemoryExactly() {
    for (int i = 0; i < 2_000; i++) {
      world.both("s-" + i, HOUR, i);
    }
    world.mysql.put("lacking", HOUR, 1);
    world.questDb.put("surplus", HOUR, 1);
    world.questDb.put("s-1999", HOUR, 1);
    world.both("behind", HOUR + 1, 1);

    VerifyStatus end = world.run();

    assertThat(end.state()).isEqualTo("done");
    String ts = " 2026-11-20T10:00:00.000000Z";
    assertThat(world.mismatches())
        .containsExactly("extra surplus" + ts, "missing lacking" + ts, "value s-1999" + ts);
    assertThat(world.mysql.scanned).as("several passes").hasSizeGreaterThan(20);
    assertThat(world.parity.hour(HOUR).orElseThrow().mysqlRows()).isEqualTo(2_002);
  }

  @Test
  void tellsThousandsOfMismatchesOfOneTs() {
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      world.mysql.put("s-" + i, HOUR, i);
      expected.add("missing s-" + i + " 2026-11-20T10:00:00.000000Z");
    }

    world.run();

    assertThat(world.mismatches()).containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void controlsAStoreAgainstItself() {
    fillBoth(200);
    world.questDb.put("s-5", ts(5), 55);

    VerifyStatus mysql = world.run(Scope.CONTROL_MYSQL);
    VerifyStatus questDb = world.run(Scope.CONTROL_QUESTDB);

    assertThat(mysql.control()).isEqualTo(new Control("mysql", 200, 0));
    assertThat(questDb.control()).isEqualTo(new Control("questdb", 200, 0));
    assertThat(questDb.scope()).isEqualTo("control-questdb");
    assertThat(world.parity.hours(0, Long.MAX_VALUE)).isEmpty();
    assertThat(questDb.completePassAt()).isNull();
  }

  @Test
  void reportsAStoreThatDoesNotAgreeWithItself() {
    fillBoth(10);
    AtomicInteger scans = new AtomicInteger();
    world.mysql.beforeScan =
        from -> {
          if (scans.getAndIncrement() % 2 == 0) {
            world.mysql.put("flickers", HOUR + 5, 1);
          } else {
            world.mysql.delete("flickers", HOUR + 5);
          }
        };

    VerifyStatus end = world.run(Scope.CONTROL_MYSQL);

    assertThat(Objects.requireNonNull(end.control()).differences()).isEqualTo(1);
  }

  @Test
  void comparesAgainOnlyWhatIsNeeded() {
    fillBoth(100);
    world.both("b", NEXT_HOUR + 5 * Hours.HOUR_MICROS, 1);
    world.run();
    world.mysql.scanned.clear();
    world.questDb.scanned.clear();

    world.ingest("late", NEXT_HOUR + 3, 1);
    world.awaitDelivered();
    VerifyStatus end = world.run();

    assertThat(world.mysql.scanned).containsExactly(NEXT_HOUR);
    assertThat(world.questDb.scanned).containsExactly(NEXT_HOUR);
    assertThat(end.hoursTotal()).isEqualTo(1);
    assertThat(world.state(NEXT_HOUR)).isEqualTo("matched");

    world.mysql.scanned.clear();
    world.run(Scope.ALL);

    assertThat(world.mysql.scanned)
        .as("the first hour, then those behind it in one go")
        .containsExactly(HOUR, NEXT_HOUR);
  }

  @Test
  void readsAheadOverHoursButNotOverThoseThatMatch() {
    for (int hour = 0; hour < 200; hour++) {
      world.both("a", HOUR + hour * Hours.HOUR_MICROS, hour);
    }
    world.run();
    assertThat(world.mysql.scanned)
        .as("one hour, then a week, then the rest")
        .containsExactly(HOUR, NEXT_HOUR, NEXT_HOUR + 7 * 24 * Hours.HOUR_MICROS);
    world.mysql.scanned.clear();

    for (int hour : new int[] {3, 4, 5, 9}) {
      world.ingest("late", HOUR + hour * Hours.HOUR_MICROS + 1, hour);
    }
    world.awaitDelivered();
    VerifyStatus end = world.run();

    assertThat(end.hoursDone()).isEqualTo(4);
    assertThat(end.hours().matched()).isEqualTo(200);
    assertThat(world.mysql.scanned)
        .containsExactly(
            HOUR + 3 * Hours.HOUR_MICROS,
            HOUR + 4 * Hours.HOUR_MICROS,
            HOUR + 9 * Hours.HOUR_MICROS);
  }

  /**
   * The hour was read ahead, and then written to; catching up once more forgets that it was. So it
   * must be read once more, too: what nobody has seen must not count as matched.
   */
  @Test
  void readsAnHourOnceMoreThatWasWrittenToAfterItWasReadAhead() {
    for (int hour = 0; hour < 4; hour++) {
      world.both("a", HOUR + hour * Hours.HOUR_MICROS, hour);
    }
    long last = HOUR + 3 * Hours.HOUR_MICROS;
    AtomicInteger scans = new AtomicInteger();
    world.questDb.beforeScan =
        from -> {
          // QuestDB is opened last: MySQL has been read ahead up to the last hour by then.
          if (scans.getAndIncrement() == 1) {
            world.ingest("late", last + 1, 1);
            world.awaitDelivered();
            world.questDb.delete("late", last + 1);
          }
        };

    world.run();

    assertThat(world.mysql.scanned).containsExactly(HOUR, NEXT_HOUR, last, last + 1);
    assertThat(world.mismatches()).containsExactly("missing late " + MismatchFiles.text(last + 1));
  }

  @Test
  void comparesAnHourAgainWhoseReadingsAreAllGone() {
    world.questDb.put("surplus", HOUR, 1);
    world.run();
    assertThat(world.mismatchFiles()).hasSize(1);
    world.questDb.delete("surplus", HOUR);

    world.run();

    assertThat(world.state(HOUR)).isEqualTo("matched");
    assertThat(world.mismatchFiles()).isEmpty();
  }

  @Test
  void endsWhenTheMismatchesTakeMoreBytesThanAllowed() throws Exception {
    try (ParityWorld small = new ParityWorld(data.resolve("small"), 1_024, 100)) {
      for (int i = 0; i < 8; i++) {
        small.mysql.put("s-" + i, HOUR + i, i);
        small.mysql.put("s-" + i, NEXT_HOUR + i, i);
        small.both("s-" + i, NEXT_HOUR + Hours.HOUR_MICROS, i);
      }

      VerifyStatus end = small.run();

      assertThat(end.state()).isEqualTo("failed");
      assertThat(end.why()).contains("2026-11-20T11").contains("1024 bytes allowed");
      assertThat(small.mismatches()).hasSizeBetween(5, 9);
      long bytes = small.mismatchFiles().stream().mapToLong(f -> f.toFile().length()).sum();
      assertThat(bytes).isBetween(512L, 1_024L);
      assertThat(small.state(NEXT_HOUR)).isEqualTo("mismatched");
      assertThat(small.state(NEXT_HOUR + Hours.HOUR_MICROS)).isEqualTo("unknown");
      assertThat(end.completePassAt()).isNull();
    }
  }

  @Test
  void endsWhenOneHourAloneHasMoreMismatchesThanAllowed() throws Exception {
    try (ParityWorld small = new ParityWorld(data.resolve("small"), 1_024, 100)) {
      for (int i = 0; i < 1_000; i++) {
        small.mysql.put("s-" + i, HOUR + i, i);
      }

      VerifyStatus end = small.run();

      assertThat(end.state()).isEqualTo("failed");
      assertThat(end.why()).contains("2026-11-20T10").contains("1024 bytes allowed");
      assertThat(small.state(HOUR)).isEqualTo("mismatched");
      assertThat(small.mismatches()).hasSizeGreaterThan(5);
    }
  }

  @Test
  void asksAStoreAgainThatBreaksOff() {
    fillBoth(200);
    world.mysql.breaks.set(2);

    VerifyStatus end = world.run();

    assertThat(end.state()).isEqualTo("done");
    assertThat(end.hours().matched()).isEqualTo(2);
    assertThat(world.mysql.scanned).containsExactly(HOUR, HOUR, HOUR, NEXT_HOUR);
  }

  @Test
  void failsWithTheReasonWhenAStoreKeepsBreakingOffAndKeepsTheHoursDone() {
    fillBoth(200);
    world.questDb.beforeScan =
        from -> {
          if (from == NEXT_HOUR) {
            world.questDb.breaks.set(1_000);
          }
        };

    VerifyStatus end = world.run();

    assertThat(end.state()).isEqualTo("failed");
    assertThat(end.why()).contains("5 times").contains("questdb broke off");
    assertThat(world.state(HOUR)).isEqualTo("matched");
    assertThat(world.state(NEXT_HOUR)).isEqualTo("unknown");
    assertThat(end.objection()).contains("not been compared as a whole");
  }

  @Test
  void endsWithinASecondWhenCancelled() throws Exception {
    fillBoth(200);
    CountDownLatch compares = new CountDownLatch(1);
    world.questDb.beforeScan =
        from -> {
          if (from == NEXT_HOUR) {
            // An endless retry, as long as nobody cancels.
            world.questDb.breaks.set(1_000);
            compares.countDown();
          }
        };
    world.verify.start(Scope.NEEDED);
    compares.await();
    long before = System.nanoTime();

    world.verify.cancel();

    VerifyStatus end = world.awaitEnd();
    assertThat(end.state()).isEqualTo("cancelled");
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(20));
    assertThat(world.state(HOUR)).isEqualTo("matched");
  }

  @Test
  void refusesASecondRunAndToCancelNone() throws Exception {
    fillBoth(10);
    assertThatThrownBy(world.verify::cancel)
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("no verification is running");
    CountDownLatch compares = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    world.mysql.beforeScan =
        from -> {
          compares.countDown();
          try {
            goOn.await();
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
        };
    world.verify.start(Scope.ALL);
    compares.await();

    assertThatThrownBy(() -> world.verify.start(Scope.NEEDED))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("has been running since");
    assertThatThrownBy(() -> world.verify.repair(false))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("has been running since");
    assertThat(world.verify.status().state()).isEqualTo("running");
    assertThat(world.verify.status().hour()).isEqualTo("2026-11-20T10");

    goOn.countDown();
    assertThat(world.awaitEnd().state()).isEqualTo("done");
  }

  @Test
  void refusesWhileOnlyOneStoreIsWritten() {
    world.leave();

    assertThatThrownBy(() -> world.verify.start(Scope.NEEDED))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("only one store is written");
    assertThat(world.verify.status().state()).isEqualTo("idle");
  }

  @Test
  void showsTheMap() throws IOException {
    fillBoth(10);
    world.ingest("late", HOUR + 3, 1);
    world.awaitDelivered();

    world.run();

    assertThat(world.verify.hours(Instant.EPOCH, Instant.MAX))
        .containsExactly(
            new ParityHour("2026-11-20T10", "matched", 6, 6, 0, world.now(), null),
            new ParityHour("2026-11-20T11", "matched", 5, 5, 0, world.now(), null));
  }

  /** Reading i of so many, spread over two hours; value i. */
  private void fillBoth(int count) {
    for (int i = 0; i < count; i++) {
      long hour = i % 2 == 0 ? NEXT_HOUR : HOUR;
      world.both("s-" + i, hour + (i / 4) * 1_000_000L, i);
    }
  }

  private static long ts(int i) {
    return (i % 2 == 0 ? NEXT_HOUR : HOUR) + (i / 4) * 1_000_000L;
  }
}
