package dev.sluice.migration.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.api.BackfillStatus;
import dev.sluice.files.AtomicFile;
import dev.sluice.migration.MigrationRig;
import dev.sluice.migration.RefusedException;
import dev.sluice.migration.SuccessorInMemory;
import dev.sluice.migration.Truth;
import dev.sluice.migration.VisibleLag;
import dev.sluice.migration.backfill.BackfillConfig.Decision;
import dev.sluice.reading.Identity;
import dev.sluice.reading.Reading;
import dev.sluice.store.History.Finding;
import dev.sluice.store.History.RowClass;
import dev.sluice.store.WriteResult;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class HistoryBackfillTest {
  private static final int ROWS = 400;

  @TempDir Path data;

  private MigrationRig rig;
  private VisibleLag lag;
  private HistoryBackfill backfill;
  private volatile Duration ingestLatency = Duration.ZERO;
  private volatile boolean diskFull;
  private volatile long lagNanos;
  private volatile Optional<String> copyObjection = Optional.empty();
  private final AtomicInteger looks = new AtomicInteger();

  @BeforeEach
  void open() {
    rig = new MigrationRig(data);
    rig.start();
    for (int i = 0; i < ROWS; i++) {
      rig.mysql.put(new Reading("s-" + i % 7, "temp", 1_000L * i, i));
    }
    lag = new VisibleLag(rig, () -> lagNanos);
    backfill = newBackfill();
  }

  @AfterEach
  void close() {
    backfill.close();
    rig.close();
  }

  @Test
  void copiesEveryRowAndCountsWhatIsNoReading() throws Exception {
    rig.mysql.putIncomplete(5);

    backfill.start(Map.of());

    awaitState("complete");
    assertThat(rig.questDb.values).isEqualTo(rig.mysql.values());
    assertThat(backfill.complete()).isTrue();
    BackfillStatus json = backfill.status();
    assertThat(json.rowsTotal()).isEqualTo(ROWS + 1);
    assertThat(json.rowsCopied()).isEqualTo(ROWS);
    assertThat(json.rowsSkipped()).isEqualTo(1);
    assertThat(json.position()).isEqualTo("1970-01-01T00:00:00.399Z");
    assertThat(json.preflight().state()).isEqualTo("done");
    assertThat(json.why()).isNull();
  }

  @Test
  void copiesOnceMoreFromTheBeginningWhatOthersHaveWritten() throws Exception {
    backfill.start(Map.of());
    awaitState("complete");
    String first = backfill.status().id();
    rig.mysql.put(new Reading("other", "temp", 5, 1));

    backfill.start(Map.of());

    assertThat(backfill.status().id()).isNotEqualTo(first);
    awaitState("complete");
    assertThat(rig.questDb.values).isEqualTo(rig.mysql.values());
  }

  @Test
  void isRefusedWhileOnlyOneStoreIsWrittenOrItRunsAlready() throws Exception {
    block("read");
    backfill.start(Map.of());
    assertThatThrownBy(() -> backfill.start(Map.of()))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("cancel it first");
    assertThatThrownBy(backfill::preflight).isInstanceOf(RefusedException.class);
    unblock();
    awaitState("complete");

    rig.pair = Optional.empty();

    assertThat(backfill.complete()).isFalse();
    assertThatThrownBy(() -> backfill.start(Map.of()))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("sluice cutover --to mirror");
    assertThatThrownBy(backfill::pause).isInstanceOf(RefusedException.class);
    assertThatThrownBy(backfill::resume).isInstanceOf(RefusedException.class);
    assertThatThrownBy(backfill::cancel).isInstanceOf(RefusedException.class);
  }

  @Test
  void copiesNothingBeforeWhatWasFoundIsDecided() throws Exception {
    rig.mysql.findings =
        List.of(
            new Finding(RowClass.DUPLICATE, "id=7", "its identity has the later row 9"),
            new Finding(RowClass.DUPLICATE, "id=8", "its identity has the later row 9"),
            new Finding(RowClass.SIMILAR_DEVICES, "device_id='a','A'", "one in the old collation"));

    backfill.start(Map.of());

    awaitState("failed");
    assertThat(backfill.status().why())
        .contains("similar-devices 1", "duplicate 2", data.resolve("backfill/findings.ndjson") + "")
        .contains("sluice backfill start --decide similar-devices=copy --decide duplicate=skip");
    assertThat(rig.questDb.values).isEmpty();
    assertThat(Files.readAllLines(data.resolve("backfill/findings.ndjson")))
        .hasSize(3)
        .contains(
            "{\"class\":\"duplicate\",\"key\":\"id=8\",\"reason\":\"its identity has the later row"
                + " 9\"}");

    backfill.start(
        Map.of(RowClass.DUPLICATE, Decision.SKIP, RowClass.SIMILAR_DEVICES, Decision.COPY));

    awaitState("complete");
    assertThat(rig.mysql.inspections).hasValue(1);
    assertThat(backfill.status().findings())
        .containsExactly(
            Map.entry("similar-devices", new BackfillStatus.Finding(1, "copy")),
            Map.entry("duplicate", new BackfillStatus.Finding(2, "skip")));
    assertThat(Files.readString(state())).contains("\"duplicate\":\"skip\"");
  }

  @Test
  void looksAgainAtRowsThatHadToBePutRight() throws Exception {
    rig.mysql.findings = List.of(new Finding(RowClass.BEFORE_1970, "id=7", "1969"));
    backfill.start(Map.of());
    awaitState("failed");
    rig.mysql.findings = List.of();

    backfill.start(Map.of());

    awaitState("complete");
    assertThat(rig.mysql.inspections).hasValue(2);
  }

  @Test
  void refusesADecisionThatCannotBeCarriedOut() {
    assertThatThrownBy(() -> backfill.start(Map.of(RowClass.INCOMPLETE, Decision.COPY)))
        .isInstanceOf(RefusedException.class)
        .hasMessage("rows of class incomplete cannot be decided as copy: allowed are [stop, skip]");
    assertThat(backfill.status().state()).isEqualTo("none");
  }

  @Test
  void looksForFindingsWithoutCopying() throws Exception {
    rig.mysql.findings = List.of(new Finding(RowClass.INCOMPLETE, "id=7", "no value"));

    backfill.preflight();

    await().until(() -> preflightState().equals("done"));
    await().until(() -> backfill.status().state().equals("none"));
    assertThat(found("incomplete")).isEqualTo(1);
    assertThat(rig.questDb.values).isEmpty();
  }

  @Test
  void endsAPreflightThatIsCancelled() throws Exception {
    block("inspected");
    backfill.preflight();
    await().until(() -> preflightState().equals("running"));
    assertThat(backfill.status().state()).isEqualTo("preflight");

    backfill.cancel();
    unblock();

    awaitState("none");
    assertThat(preflightState()).isEqualTo("running");
  }

  @Test
  void listsAtMostSoManyBytesOfFindingsAndSaysSo() throws Exception {
    rig.mysql.findings =
        IntStream.range(0, 1_000)
            .mapToObj(i -> new Finding(RowClass.INCOMPLETE, "id=" + i, "no value"))
            .toList();

    backfill.preflight();

    await().until(() -> preflightState().equals("done"));
    Path file = data.resolve("backfill/findings.ndjson");
    List<String> lines = Files.readAllLines(file);
    assertThat(Files.size(file)).isLessThanOrEqualTo(MAX_LISTING_BYTES);
    assertThat(lines.getLast()).contains("\"unlisted\"", MAX_LISTING_BYTES + " bytes");
    assertThat(backfill.status().findingsUnlisted()).isEqualTo(1_000 - (lines.size() - 1));
    assertThat(found("incomplete")).isEqualTo(1_000);
  }

  @Test
  void pausesAndStaysPausedOverARestartUntilResumed() throws Exception {
    startAndStopAfterChunks(3);
    backfill.pause();
    unblock();
    await().until(() -> copied() > 0);
    assertThat(backfill.status().state()).isEqualTo("paused");
    backfill.close();
    long copied = copied();

    backfill = newBackfill();
    backfill.resumeAfterStart();
    assertThat(backfill.status().state()).isEqualTo("paused");
    assertThat(copied()).isEqualTo(copied).isLessThan(ROWS);
    backfill.resume();

    awaitState("complete");
    assertThat(rig.questDb.values).isEqualTo(rig.mysql.values());
  }

  @Test
  void resumesWhereItWasPaused() throws Exception {
    startAndStopAfterChunks(3);
    backfill.pause();
    unblock();
    await().until(() -> copied() > 0);

    backfill.resume();

    awaitState("complete");
    assertThat(copied()).isEqualTo(ROWS);
  }

  @Test
  void goesOnByItselfAfterARestart() throws Exception {
    startAndStopAfterChunks(3);
    Thread unblocking =
        Thread.ofVirtual()
            .start(() -> {
              await().until(() -> rig.pair().isPresent());
              unblock();
            });
    backfill.close();
    unblocking.join();
    long copied = copied();
    assertThat(Files.readString(state())).contains("\"running\"");

    backfill = newBackfill();
    assertThat(backfill.status().state()).isEqualTo("running");
    backfill.resumeAfterStart();

    awaitState("complete");
    assertThat(copied).isLessThan(ROWS);
    assertThat(copied()).isEqualTo(ROWS);
    assertThat(rig.mysql.inspections).hasValue(1);
  }

  /** On another machine, and whether it has heard how far the copy came or not. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aSuccessorGoesOnFromWhatItHasHeard(boolean hears) throws Exception {
    startAndStopAfterChunks(3);
    backfill.pause();
    unblock();
    await().until(() -> copied() > 0);
    backfill.resume();
    backfill.close();
    long copied = copied();
    if (hears) {
      successor.hear();
    }
    removeState();

    HistoryBackfill.inherit(data.resolve("backfill"), successor.heard());
    backfill = newBackfill();

    assertThat(backfill.status().state()).isEqualTo("running");
    assertThat(copied()).isBetween(hears ? copied : 0, copied);
    backfill.resumeAfterStart();
    awaitState("complete");
    assertThat(copied()).isEqualTo(ROWS);
    assertThat(rig.questDb.values).isEqualTo(rig.mysql.values());
  }

  @Test
  void aSuccessorHearsAtOnceThatACopyIsCompleteAndThatItIsForgotten() throws Exception {
    backfill.start(Map.of());
    awaitState("complete");
    removeState();
    HistoryBackfill.inherit(data.resolve("backfill"), successor.heard());
    assertThat(newBackfill().complete()).isTrue();

    assertThat(backfill.forget("another table", Duration.ofSeconds(10))).isTrue();

    HistoryBackfill.inherit(data.resolve("backfill"), successor.heard());
    assertThat(newBackfill().complete()).isFalse();
    HistoryBackfill.inherit(data.resolve("backfill"), Map.of());
    assertThat(newBackfill().status().state()).isEqualTo("none");
  }

  @Test
  void nothingChangesWhileASuccessorCannotBeTold() throws Exception {
    successor.deaf = "this node leads no more: its term 4 is over";

    assertThatThrownBy(() -> backfill.start(Map.of()))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("its term 4 is over");

    assertThat(backfill.status().state()).isEqualTo("none");
    HistoryBackfill.inherit(data.resolve("backfill"), successor.heard());
    assertThat(state()).doesNotExist();
  }

  private void removeState() throws IOException {
    Files.delete(state());
  }

  @Test
  void leavesTheProofOfAFinishedRunAloneWhenAFurtherOneIsCancelled() throws Exception {
    rig.mysql.putIncomplete(1_000L * ROWS);
    rig.mysql.findings = List.of(new Finding(RowClass.INCOMPLETE, "id=1", "no value"));
    backfill.start(Map.of(RowClass.INCOMPLETE, Decision.SKIP));
    awaitState("complete");
    String first = backfill.status().id();

    block("read");
    backfill.start(Map.of());
    awaitState("running");
    assertThat(backfill.complete()).as("while it runs again").isTrue();
    backfill.cancel();
    unblock();

    awaitState("cancelled");
    assertThat(backfill.status().id()).isNotEqualTo(first);
    assertThat(backfill.complete()).isTrue();
    assertThat(newBackfill().complete()).as("after a restart").isTrue();
    await()
        .ignoreExceptionsInstanceOf(RefusedException.class)
        .until(() -> {
          backfill.start(Map.of());
          return true;
        });
    awaitState("complete");
  }

  @Test
  void beginsAnewAndKeepsWhatWasDecidedOnceItsTablesAreOthers() throws Exception {
    rig.mysql.putIncomplete(1_000L * ROWS);
    rig.mysql.findings = List.of(new Finding(RowClass.INCOMPLETE, "id=1", "no value"));
    backfill.start(Map.of(RowClass.INCOMPLETE, Decision.SKIP));
    awaitState("complete");
    rig.questDb.values.clear();

    assertThat(backfill.forget("another table", Duration.ofSeconds(10))).isTrue();

    assertThat(backfill.complete()).isFalse();
    assertThat(newBackfill().complete()).isFalse();
    assertThat(backfill.status().why()).isEqualTo("another table");
    backfill.start(Map.of());
    awaitState("complete");
    assertThat(rig.questDb.values).isEqualTo(rig.mysql.values());
  }

  @Test
  void failsOnWhatWaitingDoesNotHealAndGoesOnOnceItIsMended() throws Exception {
    rig.mysql.lasting = true;
    rig.mysql.away = true;

    backfill.start(Map.of());

    awaitState("failed");
    assertThat(backfill.status().why())
        .contains("no connection to MySQL", "'sluice backfill start' continues");
    rig.mysql.away = false;
    backfill.start(Map.of());
    awaitState("complete");
    assertThat(rig.questDb.values).isEqualTo(rig.mysql.values());
  }

  @Test
  void copiesNothingOverANewerValueThatMysqlRefused() throws Exception {
    rig.mysql.answer = batch -> new WriteResult.Refused("temp < 20 is violated");
    rig.append(new Reading("s-1", "temp", 1_000L, 21.5));
    rig.append(new Reading("only", "temp", 2_000_000L, 22.5));
    await().until(rig::settled);

    backfill.start(Map.of());
    awaitState("complete");

    Map<Identity, Double> expected = new HashMap<>(rig.mysql.values());
    assertThat(expected.put(new Identity("s-1", "temp", 1_000L), 21.5)).isEqualTo(1.0);
    expected.put(new Identity("only", "temp", 2_000_000L), 22.5);
    assertThat(rig.questDb.values).isEqualTo(expected);
    assertThat(backfill.status().rowsSuperseded()).isEqualTo(1);
  }

  @Test
  void copiesWhatMysqlHasWhereQuestDbHasNotTheNewerValueEither() throws Exception {
    rig.mysql.answer = batch -> new WriteResult.Refused("temp < 20 is violated");
    rig.append(new Reading("s-1", "temp", 1_000L, 21.5));
    await().until(rig::settled);
    rig.questDb.values.clear();

    backfill.start(Map.of());
    awaitState("complete");

    assertThat(rig.questDb.values).isEqualTo(rig.mysql.values());
  }

  @Test
  void goesOnFromItsCheckpointWhenStartedAfterACancel() throws Exception {
    startAndStopAfterChunks(3);
    backfill.cancel();
    assertThat(backfill.status().state()).isEqualTo("cancelled");
    unblock();
    String id = backfill.status().id();

    await()
        .ignoreExceptionsInstanceOf(RefusedException.class)
        .until(() -> {
          backfill.start(Map.of());
          return true;
        });

    awaitState("complete");
    assertThat(backfill.status().id()).isEqualTo(id);
    assertThat(rig.mysql.inspections).hasValue(1);
    assertThat(rig.questDb.values).isEqualTo(rig.mysql.values());
  }

  @Test
  void countsAChunkOnlyOnceItIsAppliedAndWritesFewAhead() throws Exception {
    rig.questDb.applyLag = Duration.ofHours(1);

    backfill.start(Map.of());

    await().until(() -> rig.questDb.values.size() == 4 * CHUNK_ROWS);
    awaitState("throttled");
    assertThat(backfill.status().why()).contains("not applied and synced 4 written chunks");
    assertThat(copied()).isZero();
    assertThat(backfill.status().position()).isNull();
    assertThat(rig.questDb.values).hasSize(4 * CHUNK_ROWS);
    rig.questDb.applyLag = Duration.ZERO;
    awaitState("complete");
  }

  @Test
  void isNotCompleteBeforeTheStoreHasSyncedIt() throws Exception {
    rig.questDb.durableAfter = Duration.ofHours(1);
    backfill.start(Map.of());
    await().until(() -> rig.questDb.values.size() == ROWS);

    await().until(() -> copied() == ROWS);

    assertThat(backfill.status().state()).isEqualTo("running");
    assertThat(backfill.status().why()).contains("questdb.durable-after");
    assertThat(backfill.complete()).isFalse();
    assertThat(Files.readString(state())).contains("\"copied\":0");
  }

  /** What a backfill yields to: what its reason says, and how it comes and goes. */
  record Fault(String reason, BiConsumer<HistoryBackfillTest, Boolean> set) {
    @Override
    public String toString() {
      return reason;
    }
  }

  static List<Fault> faults() {
    return List.of(
        new Fault(
            "99th percentile of ingest's answers is 51 ms, allowed are 50 ms",
            (test, on) -> test.ingestLatency = Duration.ofMillis(on ? 51 : 0)),
        new Fault(
            "MySQL runs 26 statements at once, allowed are 25",
            (test, on) -> test.rig.mysql.threadsRunning = on ? 26 : 1),
        new Fault("no connection to MySQL", (test, on) -> test.rig.mysql.away = on),
        new Fault("no connection to QuestDB", (test, on) -> test.rig.questDb.away = on),
        new Fault(
            "QuestDB has suspended the table (disk full)",
            (test, on) -> test.rig.questDb.suspended = on),
        new Fault("transactions to apply, allowed are 250", (test, on) -> test.unapplied(on)),
        new Fault("behind the journal, allowed are 10000 ms", (test, on) -> test.mysqlLag(on)),
        new Fault(
            "to become visible in QuestDB, allowed are 2000 ms", (test, on) -> test.visibleLag(on)),
        new Fault("state of the backfill cannot be saved", (test, on) -> test.diskFull = on));
  }

  @ParameterizedTest
  @MethodSource("faults")
  void yieldsSayingWhyAndGoesOn(Fault fault) throws Exception {
    backfill.throttle(400);
    startAndStopAfterChunks(1);
    fault.set().accept(this, true);
    unblock();

    awaitState("throttled");
    await().until(() -> why().contains(fault.reason()));
    long done = rig.questDb.values.size();
    assertThat(done).isLessThan(ROWS);
    fault.set().accept(this, false);
    await().untilAsserted(() -> backfill.throttle(0));

    awaitState("complete");
    await().until(rig::settled);
    assertThat(rig.questDb.values).isEqualTo(rig.mysql.values());
  }

  @Test
  void takesNoticeOfAnOperatorWhileItYields() throws Exception {
    rig.mysql.threadsRunning = 100;
    backfill.start(Map.of());
    awaitState("throttled");

    backfill.pause();
    assertThat(backfill.status().state()).isEqualTo("paused");
    backfill.cancel();

    assertThat(backfill.status().state()).isEqualTo("cancelled");
    rig.mysql.threadsRunning = 1;
    await()
        .atMost(Duration.ofMinutes(2))
        .ignoreExceptionsInstanceOf(RefusedException.class)
        .until(() -> {
          backfill.start(Map.of());
          return true;
        });
    awaitState("complete");
  }

  @Test
  void keepsAPaceThatCanBeChangedAndIsRemembered() throws Exception {
    backfill.throttle(100);
    backfill.start(Map.of());
    await().until(() -> copied() > 0);
    assertThat(copied()).isLessThan(ROWS / 2);
    assertThat(backfill.status().limitRowsPerSecond()).isEqualTo(100);
    assertThat(backfill.status().rowsPerSecond()).isPositive();
    assertThat(backfill.status().etaSeconds()).isPositive();
    backfill.close();

    backfill = newBackfill();
    assertThat(backfill.status().limitRowsPerSecond()).isEqualTo(100);
    backfill.resumeAfterStart();
    backfill.throttle(0);

    awaitState("complete");
    assertThatThrownBy(() -> backfill.throttle(-1)).isInstanceOf(RefusedException.class);
  }

  @Test
  void listsWhatTheStoreRefusesAndCopiesTheRest() throws Exception {
    rig.questDb.answer =
        batch -> {
          for (int i = 0; i < batch.size(); i++) {
            if (batch.value(i) == 17 || batch.value(i) == 300) {
              return new WriteResult.Refused("cannot hold " + batch.value(i));
            }
          }
          return WriteResult.Written.DURABLE;
        };

    backfill.start(Map.of());

    awaitState("complete");
    assertThat(rig.questDb.values).hasSize(ROWS - 2);
    List<String> refused = Files.readAllLines(data.resolve("backfill/refused.ndjson"));
    assertThat(refused)
        .containsExactly(
            "{\"class\":\"refused\",\"device_id\":\"s-3\",\"metric\":\"temp\","
                + "\"ts\":\"1970-01-01T00:00:00.017Z\",\"value\":17.0,"
                + "\"reason\":\"cannot hold 17.0\"}",
            "{\"class\":\"refused\",\"device_id\":\"s-6\",\"metric\":\"temp\","
                + "\"ts\":\"1970-01-01T00:00:00.300Z\",\"value\":300.0,"
                + "\"reason\":\"cannot hold 300.0\"}");
    assertThat(backfill.status().rowsSkipped()).isEqualTo(2);
    assertThat(found("refused")).isEqualTo(2);
  }

  @Test
  void fixesItsBoundOnlyOnceMysqlHasWhatWasAcknowledged() throws Exception {
    rig.mysql.answer = batch -> new WriteResult.Unavailable("MySQL is away");
    rig.append(new Reading("before-the-mirror", "temp", 1, 1));
    rig.rejoin();
    rig.append(new Reading("for-a-table-that-is-no-more", "temp", 1, 1));

    backfill.start(Map.of());

    await().until(() -> why().contains("the backfill was started at offset 2"));
    assertThat(rig.mysql.inspections).hasValue(0);
    rig.mysql.answer = batch -> WriteResult.Written.DURABLE;
    awaitState("complete");
    assertThat(rig.questDb.values)
        .containsKey(new Reading("before-the-mirror", "temp", 1, 1).identity())
        .hasSize(ROWS + 2);
  }

  @Test
  void isRefusedWhileMysqlsRowsMustNotBeCopied() {
    copyObjection = Optional.of("QuestDB has more");

    assertThatThrownBy(() -> backfill.start(Map.of()))
        .isInstanceOf(RefusedException.class)
        .hasMessage("the backfill is not started: QuestDB has more");
    assertThat(looks).hasValue(1);
    assertThat(backfill.status().state()).isEqualTo("none");
  }

  /** What QuestDB had before this process is behind its cursor and does not come again. */
  @Test
  void copiesNothingOlderThanWhatQuestDbHadBeforeARestart() throws Exception {
    Reading correction = new Reading("s-0", "temp", 0, 99);
    rig.mysql.answer = batch -> new WriteResult.Unavailable("MySQL is away");
    rig.append(correction);
    await().until(() -> rig.pair().orElseThrow().next().delivery().status().cursor() == 1);
    rig.stop();
    rig.reopen();
    rig.start();

    backfill.start(Map.of());

    await().until(() -> why().contains("the backfill was started at offset 1"));
    await()
        .during(Duration.ofMillis(300))
        .until(() -> rig.questDb.values.equals(Map.of(correction.identity(), 99.0)));
    rig.mysql.answer = batch -> WriteResult.Written.DURABLE;
    awaitState("complete");
    assertThat(rig.questDb.values)
        .containsEntry(correction.identity(), 99.0)
        .isEqualTo(rig.mysql.values());
  }

  @Test
  void belongsToOneMirrorOnly() throws Exception {
    backfill.start(Map.of());
    awaitState("complete");
    String first = backfill.status().id();
    rig.append(new Reading("live", "temp", 1, 1));

    rig.rejoin();

    assertThat(backfill.complete()).isFalse();
    assertThat(backfill.status().state()).isEqualTo("none");
    assertThat(backfill.status().why()).contains(first, "earlier mirror");
    backfill.start(Map.of());
    awaitState("complete");
    assertThat(backfill.status().id()).isNotEqualTo(first);
  }

  @Test
  void isCancelledWhenTheMirrorIsLeft() throws Exception {
    startAndStopAfterChunks(2);
    rig.append(new Reading("live", "temp", 1, 1));
    rig.pair = Optional.empty();
    unblock();

    assertThat(backfill.stopAndWait(Duration.ofSeconds(10))).isTrue();

    assertThat(backfill.status().state()).isEqualTo("cancelled");
    assertThat(why()).contains("its mirror has ended");
  }

  @Test
  void isCancelledByANewMirrorWhichItFindsAfterARestart() throws Exception {
    startAndStopAfterChunks(2);
    backfill.pause();
    unblock();
    backfill.close();
    rig.append(new Reading("live", "temp", 1, 1));
    rig.rejoin();

    backfill = newBackfill();
    backfill.resumeAfterStart();

    assertThatThrownBy(backfill::resume).isInstanceOf(RefusedException.class);
    assertThat(Files.readString(state())).contains("\"cancelled\"");
  }

  @Test
  void trustsNoStateItCannotRead() throws Exception {
    backfill.start(Map.of());
    awaitState("complete");
    String good = Files.readString(state());
    Files.writeString(state(), good.substring(0, good.length() / 2));

    backfill = newBackfill();
    backfill.resumeAfterStart();

    assertThat(backfill.complete()).isFalse();
    assertThat(backfill.status().state()).isEqualTo("failed");
    assertThat(why()).contains(state().toString(), "cannot be understood", "delete it");
    assertThatThrownBy(() -> backfill.start(Map.of()))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("cannot be understood");
    Files.writeString(state(), good);
    backfill.start(Map.of());
    awaitState("complete");
  }

  @Test
  void failsByAMistakeOfOursAndGoesOnWhenStartedAgain() throws Exception {
    startAndStopAfterChunks(2);
    rig.mysql.fault =
        step -> {
          throw new IllegalStateException("broken");
        };
    unblockKeepingFault();
    awaitState("failed");
    assertThat(why()).contains("broken");
    rig.mysql.fault = step -> {};

    backfill.start(Map.of());

    awaitState("complete");
    assertThat(rig.questDb.values).isEqualTo(rig.mysql.values());
  }

  @Test
  void readsBackTheStateItKeeps() throws Exception {
    backfill.start(Map.of(RowClass.DUPLICATE, Decision.SKIP));
    awaitState("complete");

    JsonObject state = Json.createReader(new StringReader(Files.readString(state()))).readObject();

    BackfillStateForm form = new BackfillStateForm();
    assertThat(form.json(form.read(state))).isEqualTo(state);
    assertThat(state.keySet()).contains("last_id", "total", "superseded_by_mirror", "finished_at");
  }

  private static final int CHUNK_ROWS = 20;
  private static final int MAX_LISTING_BYTES = 4_096;

  private final Semaphore blocked = new Semaphore(0);
  private final SuccessorInMemory successor = new SuccessorInMemory();

  private HistoryBackfill newBackfill() {
    return new HistoryBackfill(
        new BackfillConfig(
            data.resolve("backfill"),
            CHUNK_ROWS,
            0,
            Duration.ofMillis(50),
            Duration.ofSeconds(2),
            25,
            Map.of()),
        rig,
        () -> ingestLatency,
        lag,
        InstantSource.system(),
        new Truth() {
          @Override
          public boolean isMysql() {
            return true;
          }

          @Override
          public void look() {
            looks.incrementAndGet();
          }

          @Override
          public Optional<String> copyObjection() {
            return copyObjection;
          }
        },
        successor,
        System::nanoTime,
        new AtomicFile(step -> {
          if (diskFull) {
            throw new IOException("no space left");
          }
        }),
        MAX_LISTING_BYTES);
  }

  /** Stops in the read of the chunk after these. */
  private void startAndStopAfterChunks(int chunks) throws RefusedException {
    AtomicInteger reads = new AtomicInteger();
    CountDownLatch stopped = new CountDownLatch(1);
    rig.mysql.fault =
        step -> {
          if (step.equals("read") && reads.incrementAndGet() == chunks + 1) {
            stopped.countDown();
            blocked.acquireUninterruptibly();
          }
        };
    backfill.start(Map.of());
    await().until(() -> stopped.getCount() == 0);
  }

  private void block(String at) {
    rig.mysql.fault =
        step -> {
          if (step.equals(at)) {
            blocked.acquireUninterruptibly();
          }
        };
  }

  private void unblock() {
    rig.mysql.fault = step -> {};
    unblockKeepingFault();
  }

  private void unblockKeepingFault() {
    blocked.release(1_000);
  }

  private void unapplied(boolean on) {
    if (on) {
      rig.questDb.applyLag = Duration.ofHours(1);
      dev.sluice.reading.ReadingBatch one = new dev.sluice.reading.ReadingBatch();
      one.clear(0);
      one.add(new Reading("s-0", "temp", 0, 0));
      IntStream.range(0, 300).forEach(i -> rig.questDb.write(one));
    } else {
      rig.questDb.applyLag = Duration.ZERO;
    }
  }

  private void mysqlLag(boolean on) {
    rig.mysql.answer =
        on
            ? batch -> new WriteResult.Unavailable("MySQL is away")
            : batch -> WriteResult.Written.DURABLE;
    rig.ahead = Duration.ofSeconds(on ? 12 : 0);
    if (on) {
      rig.append(new Reading("live", "temp", 1, 1));
    }
  }

  /** A sample that stays undelivered, and a clock that goes on by far more than the limit. */
  private void visibleLag(boolean on) {
    if (on) {
      rig.questDb.answer = batch -> new WriteResult.Busy("behind");
      rig.append(new Reading("live", "temp", 1, 1));
      lag.sample();
      lagNanos = Duration.ofSeconds(30).toNanos();
    } else {
      rig.questDb.answer = batch -> WriteResult.Written.DURABLE;
      await()
          .until(() -> {
            lag.sample();
            return lag.current().compareTo(Duration.ofSeconds(1)) < 0;
          });
    }
  }

  private long copied() {
    return backfill.status().rowsCopied();
  }

  private String why() {
    BackfillStatus json = backfill.status();
    return json.why() == null ? "" : json.why();
  }

  private long found(String kind) {
    return Objects.requireNonNull(backfill.status().findings().get(kind), kind).count();
  }

  private String preflightState() {
    return backfill.status().preflight().state();
  }

  private Path state() {
    return data.resolve("backfill/state.json");
  }

  private void awaitState(String state) {
    await()
        .atMost(Duration.ofMinutes(2))
        .untilAsserted(() -> assertThat(backfill.status().state()).as(why()).isEqualTo(state));
  }
}
