package dev.sluice.admin;

import dev.sluice.migration.RefusedException;
import dev.sluice.migration.backfill.Backfill;
import dev.sluice.migration.backfill.BackfillConfig;
import dev.sluice.migration.cutover.Cutover;
import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.verify.Verify;
import dev.sluice.store.History.RowClass;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.io.StringReader;
import java.io.Writer;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The three parts of a migration as routes see them: notes what is asked, answers what is set. */
public final class FakeMigration {
  final List<String> calls = new CopyOnWriteArrayList<>();
  public final AtomicInteger looks = new AtomicInteger();

  /** A permit for each answer that has come to its map. */
  final Semaphore writingMap = new Semaphore(0);

  /** Without a permit they wait there. */
  final Semaphore mayWriteMap = new Semaphore(1);

  volatile @Nullable RefusedException refusal;
  volatile @Nullable RuntimeException failure;
  public volatile JsonObject cutoverJson = json("{\"phase\":\"mirror\"}");
  public volatile JsonObject backfillJson = json("{\"state\":\"none\"}");
  public volatile JsonObject verifyJson = json("{\"state\":\"idle\"}");

  public static JsonObject json(String text) {
    try (var reader = Json.createReader(new StringReader(text))) {
      return reader.readObject();
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

  private JsonObject look(JsonObject answer) {
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
      public JsonObject json() {
        return look(cutoverJson);
      }

      @Override
      public JsonObject report(Phase to) throws RefusedException {
        call("report " + to);
        return FakeMigration.json("{\"id\":\"r1\",\"ready\":true}");
      }

      @Override
      public JsonObject flip(Flip flip) throws RefusedException {
        call(flip.toString());
        return FakeMigration.json("{\"phase\":\"" + flip.to().label() + "\",\"epoch\":4}");
      }

      @Override
      public JsonObject explainDeadLetters(String sink, String by, String reason)
          throws RefusedException {
        call("explain " + sink + " by " + by + ": " + reason);
        return FakeMigration.json("{\"sink\":\"" + sink + "\",\"dead_letters\":3}");
      }
    };
  }

  public Backfill backfill() {
    return new Backfill() {
      @Override
      public JsonObject json() {
        return look(backfillJson);
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
      public JsonObject json() {
        return look(verifyJson);
      }

      @Override
      public void writeMap(Instant from, Instant to, Writer out) throws IOException {
        calls.add("map " + from + " " + to);
        writingMap.release();
        mayWriteMap.acquireUninterruptibly();
        mayWriteMap.release();
        out.write("{\"hour\":\"2026-11-22T03\",\"state\":\"matched\"}");
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
      public JsonObject repair(boolean execute) throws RefusedException {
        call("repair " + execute);
        return FakeMigration.json("{\"execute\":" + execute + "}");
      }
    };
  }
}
