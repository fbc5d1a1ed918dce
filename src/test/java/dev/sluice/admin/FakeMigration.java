package dev.sluice.admin;

import dev.sluice.api.BackfillStatus;
import dev.sluice.api.CutoverStatus;
import dev.sluice.api.ExplainedResult;
import dev.sluice.api.FlipResult;
import dev.sluice.api.MismatchCounts;
import dev.sluice.api.ParityHour;
import dev.sluice.api.ReadinessReport;
import dev.sluice.api.RepairResult;
import dev.sluice.api.VerifyStatus;
import dev.sluice.migration.RefusedException;
import dev.sluice.migration.backfill.Backfill;
import dev.sluice.migration.backfill.BackfillConfig;
import dev.sluice.migration.cutover.Cutover;
import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.verify.Verify;
import dev.sluice.store.History.RowClass;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.StringReader;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The three parts of a migration as routes see them: notes what is asked, answers what is set. */
public final class FakeMigration {
  static final ParityHour HOUR = new ParityHour("2026-11-22T03", "matched", 1, 1, 0, null, null);

  final List<String> calls = new CopyOnWriteArrayList<>();
  public final AtomicInteger looks = new AtomicInteger();

  /** A permit for each answer that has come to its map. */
  final Semaphore writingMap = new Semaphore(0);

  /** Without a permit they wait there. */
  final Semaphore mayWriteMap = new Semaphore(1);

  volatile @Nullable RefusedException refusal;
  volatile @Nullable RuntimeException failure;
  public volatile CutoverStatus cutoverStatus = read("{\"phase\":\"mirror\"}", CutoverStatus.class);
  public volatile BackfillStatus backfillStatus =
      read("{\"state\":\"none\"}", BackfillStatus.class);
  public volatile VerifyStatus verifyStatus = read("{\"state\":\"idle\"}", VerifyStatus.class);

  public static JsonObject json(String text) {
    try (var reader = Json.createReader(new StringReader(text))) {
      return reader.readObject();
    }
  }

  /** The record with these members and no others. */
  public static <T extends Record> T read(String text, Class<T> type) {
    try {
      return dev.sluice.api.Json.read(text, type);
    } catch (dev.sluice.api.Json.MalformedException e) {
      throw new AssertionError(e);
    }
  }

  private void call(String text) throws RefusedException {
    calls.add(text);
    RuntimeException broken = failure;
    if (broken != null) {
      throw broken;
    }
    RefusedException refused = refusal;
    if (refused != null) {
      throw refused;
    }
  }

  private <A> A look(A answer) {
    looks.incrementAndGet();
    RuntimeException broken = failure;
    if (broken != null) {
      throw broken;
    }
    return answer;
  }

  public Cutover cutover() {
    return new Cutover() {
      @Override
      public CutoverStatus status() {
        return look(cutoverStatus);
      }

      @Override
      public ReadinessReport report(Phase to) throws RefusedException {
        call("report " + to);
        return read("{\"id\":\"r1\",\"ready\":true}", ReadinessReport.class);
      }

      @Override
      public FlipResult flip(Flip flip) throws RefusedException {
        call(flip.toString());
        return new FlipResult(flip.to().label(), 4, Instant.EPOCH, flip.report(), 0, 0);
      }

      @Override
      public ExplainedResult explainDeadLetters(String sink, String by, String reason)
          throws RefusedException {
        call("explain " + sink + " by " + by + ": " + reason);
        return new ExplainedResult(sink, 3);
      }
    };
  }

  public Backfill backfill() {
    return new Backfill() {
      @Override
      public BackfillStatus status() {
        return look(backfillStatus);
      }

      @Override
      public boolean complete() {
        return false;
      }

      @Override
      public void preflight() throws RefusedException {
        call("preflight");
      }

      @Override
      public void start(Map<RowClass, BackfillConfig.Decision> decisions) throws RefusedException {
        call("start " + new TreeMap<>(decisions));
      }

      @Override
      public void pause() throws RefusedException {
        call("pause");
      }

      @Override
      public void resume() throws RefusedException {
        call("resume");
      }

      @Override
      public void cancel() throws RefusedException {
        call("cancel");
      }

      @Override
      public void throttle(long rowsPerSecond) throws RefusedException {
        call("throttle " + rowsPerSecond);
      }
    };
  }

  public Verify verify() {
    return new Verify() {
      @Override
      public VerifyStatus status() {
        return look(verifyStatus);
      }

      @Override
      public Stream<ParityHour> hours(Instant from, Instant to) {
        calls.add("map " + from + " " + to);
        writingMap.release();
        mayWriteMap.acquireUninterruptibly();
        mayWriteMap.release();
        return Stream.of(HOUR);
      }

      @Override
      public Optional<String> objection() {
        return Optional.empty();
      }

      @Override
      public void start(Scope scope) throws RefusedException {
        call("start " + scope);
      }

      @Override
      public void cancel() throws RefusedException {
        call("cancel");
      }

      @Override
      public RepairResult repair(boolean execute) throws RefusedException {
        call("repair " + execute);
        return new RepairResult(execute, MismatchCounts.NONE, null, null, null, List.of(), 0, 0);
      }
    };
  }
}
