package dev.sluice.migration.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.api.BackfillStatus;
import dev.sluice.files.AtomicFile;
import dev.sluice.migration.MigrationRig;
import dev.sluice.migration.Successor;
import dev.sluice.migration.VisibleLag;
import dev.sluice.migration.backfill.BackfillConfig.Decision;
import dev.sluice.reading.Reading;
import dev.sluice.store.History.Finding;
import dev.sluice.store.History.RowClass;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A table whose ids run with time is inspected and copied in one pass. */
class CopyByIdTest {
  private static final int ROWS = 400;
  private static final int CHUNK_ROWS = 20;

  @TempDir Path data;

  private MigrationRig rig;
  private HistoryBackfill backfill;
  private final Queue<String> steps = new ConcurrentLinkedQueue<>();
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final CountDownLatch goOn = new CountDownLatch(1);

  @BeforeEach
  void open() {
    rig = new MigrationRig(data);
    rig.mysql.byId = true;
    rig.mysql.fault = steps::add;
    rig.start();
    for (int i = 0; i < ROWS; i++) {
      rig.mysql.put(new Reading("s-" + i % 7, "temp", 1_000L * i, i));
    }
    backfill = newBackfill();
  }

  @AfterEach
  void close() {
    goOn.countDown();
    backfill.close();
    rig.close();
  }

  @Test
  void readsEachRowOnceAndCountsNone() throws Exception {
    rig.mysql.putIncomplete(5);

    backfill.start(Map.of());

    awaitState("complete");
    assertThat(rig.questDb.values).isEqualTo(rig.mysql.values());
    assertThat(steps).doesNotContain("inspect", "count", "chunkEnd");
    BackfillStatus done = backfill.status();
    assertThat(done.walk()).isEqualTo("id");
    assertThat(done.rowsTotal()).isEqualTo(ROWS + 1);
    assertThat(done.rowsSkipped()).isEqualTo(1);
    assertThat(done.position()).isEqualTo("1970-01-01T00:00:00.399Z");
    assertThat(done.preflight().state()).isEqualTo("done");
    assertThat(done.preflight().rowsInspected()).isEqualTo(ROWS + 1);
  }

  @Test
  void asksForDecisionsAtTheEndAndThenIsDone() throws Exception {
    rig.mysql.putIncomplete(1);
    rig.mysql.findings = List.of(new Finding(RowClass.INCOMPLETE, "id=401", "no value"));

    backfill.start(Map.of());

    awaitState("failed");
    assertThat(backfill.status().why()).contains("incomplete 1", "--decide incomplete=skip");
    assertThat(rig.questDb.values).isEqualTo(rig.mysql.values());
    assertThat(backfill.complete()).isFalse();
    assertThat(Files.readAllLines(findings())).hasSize(1);

    steps.clear();
    backfill.start(Map.of(RowClass.INCOMPLETE, Decision.SKIP));

    awaitState("complete");
    assertThat(steps.stream().filter("read"::equals)).hasSize(1);
    assertThat(backfill.status().findings())
        .containsExactly(Map.entry("incomplete", new BackfillStatus.Finding(1, "skip")));
  }

  @Test
  void copiesAgainFromTheStartWhileADecisionIsMissing() throws Exception {
    rig.mysql.findings = List.of(new Finding(RowClass.INCOMPLETE, "id=7", "no value"));
    backfill.start(Map.of());
    awaitState("failed");
    rig.mysql.findings = List.of();
    rig.mysql.put(new Reading("s-0", "temp", 0, 5));

    backfill.start(Map.of());

    awaitState("complete");
    assertThat(rig.questDb.values).isEqualTo(rig.mysql.values());
  }

  @Test
  void copiesNothingBeforeWhatCouldNotBeTakenBackIsDecided() throws Exception {
    rig.mysql.findings =
        List.of(
            new Finding(RowClass.DUPLICATE, "id=7", "its identity has the later row 9"),
            new Finding(RowClass.FAR_FUTURE, "id=8", "9999"));

    backfill.start(Map.of());

    awaitState("failed");
    assertThat(backfill.status().why()).contains("duplicate 1", "far-future 1");
    assertThat(rig.questDb.values).isEmpty();
    assertThat(Files.readAllLines(findings())).hasSize(2);

    backfill.start(Map.of(RowClass.DUPLICATE, Decision.SKIP, RowClass.FAR_FUTURE, Decision.COPY));

    awaitState("complete");
    assertThat(rig.mysql.inspections).hasValue(1);
    assertThat(Files.readAllLines(findings())).as("listed once").hasSize(2);
    assertThat(rig.questDb.values).isEqualTo(rig.mysql.values());
  }

  @Test
  void goesOnAfterARestartAndCountsNoFindingTwice() throws Exception {
    rig.mysql.findings =
        List.of(
            new Finding(RowClass.INCOMPLETE, "id=3", "no value"),
            new Finding(RowClass.INCOMPLETE, "id=390", "no value"));
    stopAt("have read", 5);
    backfill.start(Map.of(RowClass.INCOMPLETE, Decision.SKIP));
    stopped.await();
    await().until(() -> backfill.status().rowsCopied() >= 3 * CHUNK_ROWS);
    BackfillStatus running = backfill.status();
    assertThat(running.state()).isEqualTo("running");
    assertThat(running.rowsTotal()).as("by the ids").isEqualTo(ROWS);
    assertThat(running.preflight().state()).isEqualTo("running");
    assertThat(running.findings().keySet()).containsExactly("incomplete");
    Thread closing = Thread.ofVirtual().start(backfill::close);
    goOn.countDown();
    closing.join();
    assertThat(Files.readString(state()))
        .contains("\"running\"", "\"walk\":\"id\"")
        .doesNotContain("\"position\"");

    steps.clear();
    rig.mysql.fault = steps::add;
    backfill = newBackfill();
    backfill.resumeAfterStart();

    awaitState("complete");
    assertThat(steps.stream().filter("read"::equals).count()).isLessThan(ROWS / CHUNK_ROWS);
    assertThat(rig.questDb.values).isEqualTo(rig.mysql.values());
    assertThat(backfill.status().rowsTotal()).isEqualTo(ROWS);
    assertThat(backfill.status().findings().get("incomplete"))
        .isEqualTo(new BackfillStatus.Finding(2, "skip"));
  }

  /** The order is not chosen anew, whatever the samples say by then. */
  @Test
  void goesOnInTheOrderItBeganIn() throws Exception {
    stopAt("have read", 5);
    backfill.start(Map.of());
    stopped.await();
    Thread closing = Thread.ofVirtual().start(backfill::close);
    goOn.countDown();
    closing.join();
    rig.mysql.byId = false;
    rig.mysql.fault = steps::add;

    backfill = newBackfill();
    backfill.resumeAfterStart();

    awaitState("complete");
    assertThat(backfill.status().walk()).isEqualTo("id");
    assertThat(steps).doesNotContain("chunkEnd");
    assertThat(rig.questDb.values).isEqualTo(rig.mysql.values());
  }

  @Test
  void goesOnByTimeFromWhatAnEarlierVersionKept() throws Exception {
    Files.createDirectories(state().getParent());
    Files.writeString(
        state(),
        """
        {"id":"earlier","origin":%d,"state":"running","why":"","inspected":true,
         "position":{"ts":99000,"id":100},"copied":100,"skipped":0,"superseded_by_mirror":0,
         "refused":0,"unlisted":0,"rows_per_second":0,"started_at":"2026-11-22T03:00:00Z",
         "proven_by":"","last_id":400,"total":400,"decisions":{},"findings":{}}
        """
            .formatted(rig.pair().orElseThrow().next().delivery().origin()));
    backfill = newBackfill();

    backfill.resumeAfterStart();

    awaitState("complete");
    assertThat(backfill.status().walk()).isEqualTo("time");
    assertThat(backfill.status().rowsCopied()).isEqualTo(ROWS);
    assertThat(rig.questDb.values).hasSize(ROWS - 100);
  }

  @Test
  void writesNothingOverWhatTheMirrorBroughtBetweenReadAndWrite() throws Exception {
    stopAt("have read", 3);
    backfill.start(Map.of());
    stopped.await();
    Reading correction = new Reading("s-6", "temp", 48_000, 99);
    Reading late = new Reading("late", "temp", 1_500, 98);
    rig.append(correction);
    rig.append(late);
    await().until(rig::settled);
    goOn.countDown();

    awaitState("complete");

    assertThat(rig.questDb.values)
        .containsEntry(correction.identity(), 99.0)
        .containsEntry(late.identity(), 98.0)
        .isEqualTo(rig.mysql.values());
    assertThat(backfill.status().rowsSuperseded()).isEqualTo(1);
  }

  /** A row far from its neighbours is in no range that was open when it was read. */
  @Test
  void writesNothingOverACorrectionOfARowOutsideTheRangeItWasExpectedIn() throws Exception {
    Reading outlier = new Reading("outlier", "temp", 900_000_000_000L, 1);
    rig.mysql.put(outlier);
    AtomicInteger reads = new AtomicInteger();
    rig.mysql.fault =
        step -> {
          boolean withOutlier =
              step.equals("have read") && rig.mysql.lastRead.tsMicros() == outlier.tsMicros();
          if (withOutlier && reads.incrementAndGet() == 1) {
            stopped.countDown();
            awaitUninterrupted(goOn);
          }
        };
    backfill.start(Map.of());
    stopped.await();
    rig.append(new Reading("outlier", "temp", outlier.tsMicros(), 99));
    await().until(rig::settled);
    goOn.countDown();

    awaitState("complete");

    assertThat(rig.questDb.values).containsEntry(outlier.identity(), 99.0);
    assertThat(reads).hasValue(2);
    assertThat(rig.questDb.values).isEqualTo(rig.mysql.values());
  }

  @Test
  void readsTheNextChunkWhileOneIsWritten() throws Exception {
    MigrationRig.ChunkSink sink =
        (MigrationRig.ChunkSink) rig.pair().orElseThrow().next().chunkSink();
    AtomicInteger reads = new AtomicInteger();
    rig.mysql.fault =
        step -> {
          if (step.equals("have read")) {
            reads.incrementAndGet();
          }
        };
    sink.fault =
        step -> {
          stopped.countDown();
          awaitUninterrupted(goOn);
        };

    backfill.start(Map.of());

    stopped.await();
    await().until(() -> reads.get() == 2);
    assertThat(rig.questDb.values).isEmpty();
    goOn.countDown();
    awaitState("complete");
    assertThat(rig.questDb.values).isEqualTo(rig.mysql.values());
  }

  @Test
  void readsNothingAheadWhilePaused() throws Exception {
    stopAt("have read", 3);
    backfill.start(Map.of());
    stopped.await();
    backfill.pause();
    goOn.countDown();

    await().until(() -> backfill.status().rowsCopied() == 3 * CHUNK_ROWS);
    assertThat(backfill.status().state()).isEqualTo("paused");
    await().during(Duration.ofMillis(200)).until(() -> rig.questDb.values.size() == 3 * CHUNK_ROWS);
    backfill.resume();
    awaitState("complete");
  }

  private void stopAt(String at, int time) {
    AtomicInteger times = new AtomicInteger();
    rig.mysql.fault =
        step -> {
          if (step.equals(at) && times.incrementAndGet() == time) {
            stopped.countDown();
            awaitUninterrupted(goOn);
          }
        };
  }

  private static void awaitUninterrupted(CountDownLatch latch) {
    try {
      if (!latch.await(120, TimeUnit.SECONDS)) {
        throw new AssertionError("nobody let it go on");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private HistoryBackfill newBackfill() {
    return new HistoryBackfill(
        new BackfillConfig(
            data.resolve("backfill"),
            CHUNK_ROWS,
            0,
            Duration.ofSeconds(10),
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
        new AtomicFile(),
        1 << 20);
  }

  private Path state() {
    return data.resolve("backfill/state.json");
  }

  private Path findings() {
    return data.resolve("backfill/findings.ndjson");
  }

  private void awaitState(String state) {
    await()
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(() ->
            assertThat(backfill.status().state())
                .as("%s", Optional.ofNullable(backfill.status().why()))
                .isEqualTo(state));
  }
}
