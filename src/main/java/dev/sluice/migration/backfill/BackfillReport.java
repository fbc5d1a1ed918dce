package dev.sluice.migration.backfill;

import dev.sluice.api.BackfillStatus;
import dev.sluice.api.BackfillStatus.Finding;
import dev.sluice.api.BackfillStatus.Preflight;
import dev.sluice.migration.backfill.BackfillConfig.Decision;
import dev.sluice.migration.backfill.BackfillRun.Kind;
import dev.sluice.migration.backfill.BackfillState.Bounds;
import dev.sluice.migration.backfill.BackfillState.Order;
import dev.sluice.migration.backfill.BackfillState.Status;
import dev.sluice.store.History.RowClass;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Describes a backfill as it is at one moment; queries no store. Confined to one thread. */
final class BackfillReport {
  private final BackfillParts parts;
  private final Optional<BackfillRun> run;
  private final Optional<BackfillRun> active;
  private final Optional<BackfillState> kept;

  /** The kept state, unless it is of an earlier mirror. */
  private final Optional<BackfillState> state;

  /**
   * Takes down how things are.
   *
   * @param run the last one of this process
   */
  BackfillReport(BackfillParts parts, Optional<BackfillRun> run) {
    this.parts = parts;
    this.run = run;
    this.active = run.filter(last -> !last.isDone());
    this.kept = parts.store().current();
    this.state = kept.filter(known -> !isOfAnotherMirror(known));
  }

  BackfillStatus status() {
    Checkpoint at =
        active
            .flatMap(BackfillRun::written)
            .or(() -> state.map(BackfillState::checkpoint))
            .orElse(Checkpoint.START);
    Bounds bounds = state.map(BackfillState::bounds).orElse(Bounds.NONE);
    double rate = active.map(BackfillRun::rowsPerSecond).orElse(0.0);
    Optional<Inspection> inspection =
        run.map(BackfillRun::inspection).filter(each -> each.state() != Inspection.State.NONE);
    Findings findings =
        inspection.map(Inspection::findings).orElseGet(() -> findings(bounds, at.seen()));
    OptionalLong total = bounds.total().isPresent() ? bounds.total() : estimate(bounds, at);
    return new BackfillStatus(
        shown(),
        orNull(why()),
        state.map(BackfillState::id).orElse(null),
        bounds.course().map(Course::label).orElse(null),
        orNull(total),
        at.copied(),
        at.skipped() + at.refused(),
        at.superseded(),
        position(at),
        Math.round(rate),
        parts.pace().limit(),
        secondsLeft(total, at.done(), rate),
        state.map(known -> known.order().startedAt()).orElse(null),
        state.flatMap(known -> known.outcome().finishedAt()).orElse(null),
        findings(findings),
        findings.unlisted(),
        existing(parts.findingsFile()),
        existing(parts.refusedFile()),
        inspection.map(BackfillReport::preflight).orElseGet(() -> preflight(bounds, at)));
  }

  private static Findings findings(Bounds bounds, Seen seen) {
    return bounds.inspected() ? bounds.findings() : bounds.findings().plus(seen.findings());
  }

  /**
   * In the order of ids nothing counts the rows in advance: as many are taken to follow for each id
   * as there were so far.
   */
  private static OptionalLong estimate(Bounds bounds, Checkpoint at) {
    if (bounds.lastId().isEmpty() || at.seen().rows() == 0) {
      return OptionalLong.empty();
    }
    double passed = (double) at.position().id() - at.seen().firstId() + 1;
    double left = (double) bounds.lastId().getAsLong() - at.position().id();
    return OptionalLong.of(at.done() + Math.round(left * at.done() / passed));
  }

  private boolean isOfAnotherMirror(BackfillState known) {
    return parts
        .stores()
        .pair()
        .filter(pair -> pair.next().delivery().origin() != known.origin())
        .isPresent();
  }

  private String shown() {
    if (!parts.store().damage().isEmpty()) {
      return Status.FAILED.label();
    }
    boolean paused = active.filter(running -> running.control().paused()).isPresent();
    if (active.filter(running -> running.kind() == Kind.PREFLIGHT).isPresent()) {
      return paused ? Status.PAUSED.label() : "preflight";
    }
    if (state.isEmpty()) {
      return "none";
    }
    BackfillState known = state.orElseThrow();
    if (known.status() != Status.RUNNING) {
      return known.status().label();
    }
    if (active.filter(running -> !running.gate().why().isEmpty()).isPresent()) {
      return "throttled";
    }
    boolean copying = active.flatMap(BackfillRun::written).isPresent();
    return copying || known.bounds().inspected() ? Status.RUNNING.label() : "preflight";
  }

  private String why() {
    if (!parts.store().damage().isEmpty()) {
      return parts.store().damage();
    }
    Optional<BackfillRun> working = active.filter(this::isAtWork);
    if (working.isPresent()) {
      String why = working.orElseThrow().gate().why();
      return why.isEmpty() ? working.orElseThrow().syncing() : why;
    }
    String failure = run.map(BackfillRun::failure).orElse("");
    if (!failure.isEmpty() || kept.isEmpty()) {
      return failure;
    }
    return state.isEmpty()
        ? "backfill " + kept.orElseThrow().id() + " belonged to an earlier mirror, which has ended"
        : state.orElseThrow().outcome().why();
  }

  /** A copy that has recorded its end is about to be gone. */
  private boolean isAtWork(BackfillRun running) {
    return running.kind() == Kind.PREFLIGHT
        || state.filter(known -> known.status().ended()).isEmpty();
  }

  private static @Nullable Instant position(Checkpoint at) {
    return at.isStart() ? null : Instant.EPOCH.plus(at.position().tsMicros(), ChronoUnit.MICROS);
  }

  /** Unknown while the number of rows is, or nothing moves. */
  private static @Nullable Long secondsLeft(OptionalLong total, long done, double rate) {
    return total.isEmpty() || rate < 0.001
        ? null
        : (long) Math.ceil(Math.max(0, total.getAsLong() - done) / rate);
  }

  private Map<String, Finding> findings(Findings findings) {
    Map<RowClass, Decision> decisions =
        parts.decisions(state.map(BackfillState::order).map(Order::decisions).orElse(Map.of()));
    Map<String, Finding> all = new LinkedHashMap<>();
    new TreeMap<>(findings.counts())
        .forEach((row, count) ->
            all.put(
                row.label(),
                new Finding(count, decisions.getOrDefault(row, Decision.STOP).label())));
    long refused = state.map(known -> known.checkpoint().refused()).orElse(0L);
    if (refused > 0) {
      all.put("refused", new Finding(refused, Decision.SKIP.label()));
    }
    return all;
  }

  /**
   * The number of rows is known only once all were inspected; until then the ids show the progress.
   */
  private static Preflight preflight(Inspection now) {
    long rows = now.rows();
    boolean done = now.state() == Inspection.State.DONE;
    return new Preflight(
        now.state().label(), rows, done ? rows : null, now.inspectedTo(), now.lastId());
  }

  private static Preflight preflight(Bounds kept, Checkpoint at) {
    Long lastId = orNull(kept.lastId());
    if (at.seen().rows() > 0) {
      long rows = at.seen().rows();
      return new Preflight(
          (kept.inspected() ? Inspection.State.DONE : Inspection.State.RUNNING).label(),
          rows,
          kept.inspected() ? rows : null,
          kept.inspected() ? lastId : Long.valueOf(at.position().id()),
          lastId);
    }
    return kept.inspected()
        ? new Preflight(Inspection.State.DONE.label(), null, null, lastId, lastId)
        : new Preflight(Inspection.State.NONE.label(), null, null, null, lastId);
  }

  private static @Nullable Long orNull(OptionalLong number) {
    return number.isPresent() ? number.getAsLong() : null;
  }

  private static @Nullable String orNull(String text) {
    return text.isEmpty() ? null : text;
  }

  private static @Nullable String existing(Path file) {
    return Files.exists(file) ? file.toAbsolutePath().toString() : null;
  }
}
