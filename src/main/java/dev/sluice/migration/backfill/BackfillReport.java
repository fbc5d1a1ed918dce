package dev.sluice.migration.backfill;

import dev.sluice.migration.backfill.BackfillConfig.Decision;
import dev.sluice.migration.backfill.BackfillRun.Kind;
import dev.sluice.migration.backfill.BackfillState.Status;
import dev.sluice.store.History.RowClass;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Builds the response to {@code GET /v1/backfill}. Thread-safe; queries no store. */
final class BackfillReport {
  private final BackfillParts parts;

  BackfillReport(BackfillParts parts) {
    this.parts = parts;
  }

  /**
   * The backfill as it is now.
   *
   * @param run the last one of this process
   */
  JsonObject json(Optional<BackfillRun> run) {
    Optional<BackfillState> kept = parts.store().current();
    boolean stale = kept.filter(this::isOfAnotherMirror).isPresent();
    Optional<BackfillState> state = stale ? Optional.empty() : kept;
    Optional<BackfillRun> active = run.filter(last -> !last.isDone());
    String shown = shown(state, active);
    JsonObjectBuilder json = Json.createObjectBuilder().add("state", shown);
    addText(json, "why", why(kept, stale, run, active));
    addText(json, "id", state.map(BackfillState::id).orElse(""));
    addProgress(json, state, active);
    addTime(json, "started_at", state.map(BackfillState::startedAt));
    addTime(json, "finished_at", state.flatMap(BackfillState::finishedAt));
    addFindings(json, state, run);
    return json.build();
  }

  private boolean isOfAnotherMirror(BackfillState state) {
    return parts
        .stores()
        .pair()
        .filter(pair -> pair.next().delivery().origin() != state.origin())
        .isPresent();
  }

  private String shown(Optional<BackfillState> state, Optional<BackfillRun> active) {
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
    return known.inspected() ? Status.RUNNING.label() : "preflight";
  }

  private String why(
      Optional<BackfillState> kept,
      boolean stale,
      Optional<BackfillRun> run,
      Optional<BackfillRun> active) {
    if (!parts.store().damage().isEmpty()) {
      return parts.store().damage();
    }
    if (active.isPresent()) {
      String why = active.orElseThrow().gate().why();
      return why.isEmpty() ? active.orElseThrow().syncing() : why;
    }
    String failure = run.map(BackfillRun::failure).orElse("");
    if (!failure.isEmpty()) {
      return failure;
    }
    return stale
        ? "backfill " + kept.orElseThrow().id() + " belonged to an earlier mirror, which has ended"
        : kept.map(BackfillState::why).orElse("");
  }

  private void addProgress(
      JsonObjectBuilder json, Optional<BackfillState> state, Optional<BackfillRun> active) {
    Checkpoint at =
        active
            .flatMap(BackfillRun::written)
            .or(() -> state.map(BackfillState::checkpoint))
            .orElse(Checkpoint.START);
    OptionalLong total = state.map(BackfillState::total).orElse(OptionalLong.empty());
    double rate = active.map(BackfillRun::rowsPerSecond).orElse(0.0);
    add(json, "rows_total", total);
    json.add("rows_copied", at.copied())
        .add("rows_skipped", at.skipped() + at.refused())
        .add("rows_superseded", at.superseded());
    addTime(
        json,
        "position",
        at.equals(Checkpoint.START)
            ? Optional.empty()
            : Optional.of(Instant.EPOCH.plus(at.position().tsMicros(), ChronoUnit.MICROS)));
    json.add("rows_per_second", Math.round(rate))
        .add("limit_rows_per_second", parts.pace().limit());
    add(json, "eta_seconds", secondsLeft(total, at.done(), rate));
  }

  /** Empty while the number of rows is unknown, or nothing moves. */
  private static OptionalLong secondsLeft(OptionalLong total, long done, double rate) {
    return total.isEmpty() || rate < 0.001
        ? OptionalLong.empty()
        : OptionalLong.of((long) Math.ceil(Math.max(0, total.getAsLong() - done) / rate));
  }

  private void addFindings(
      JsonObjectBuilder json, Optional<BackfillState> state, Optional<BackfillRun> run) {
    Optional<Inspection> inspection =
        run.map(BackfillRun::inspection).filter(each -> each.state() != Inspection.State.NONE);
    Findings findings =
        inspection
            .map(Inspection::findings)
            .or(() -> state.map(BackfillState::findings))
            .orElse(Findings.NONE);
    json.add("findings", findings(findings, state));
    json.add("findings_unlisted", findings.unlisted());
    addFile(json, "findings_file", parts.findingsFile());
    addFile(json, "refused_file", parts.refusedFile());
    json.add("preflight", preflight(inspection, state));
  }

  private JsonObjectBuilder findings(Findings findings, Optional<BackfillState> state) {
    Map<RowClass, Decision> decisions =
        parts.decisions(state.map(BackfillState::decisions).orElse(Map.of()));
    JsonObjectBuilder all = Json.createObjectBuilder();
    new java.util.TreeMap<>(findings.counts())
        .forEach((row, count) ->
            all.add(row.label(), counted(count, decisions.getOrDefault(row, Decision.STOP))));
    long refused = state.map(known -> known.checkpoint().refused()).orElse(0L);
    if (refused > 0) {
      all.add("refused", counted(refused, Decision.SKIP));
    }
    return all;
  }

  private static JsonObjectBuilder counted(long count, Decision decision) {
    return Json.createObjectBuilder().add("count", count).add("decision", decision.label());
  }

  /**
   * The number of rows is known only once all were inspected; until then the ids show the progress.
   */
  private static JsonObjectBuilder preflight(
      Optional<Inspection> inspection, Optional<BackfillState> state) {
    if (inspection.isPresent()) {
      Inspection now = inspection.orElseThrow();
      OptionalLong rows = OptionalLong.of(now.rows());
      return preflight(
          now.state(), rows, OptionalLong.of(now.inspectedTo()), OptionalLong.of(now.lastId()));
    }
    OptionalLong lastId = state.map(BackfillState::lastId).orElse(OptionalLong.empty());
    boolean done = state.filter(BackfillState::inspected).isPresent();
    return preflight(
        done ? Inspection.State.DONE : Inspection.State.NONE,
        OptionalLong.empty(),
        done ? lastId : OptionalLong.empty(),
        lastId);
  }

  private static JsonObjectBuilder preflight(
      Inspection.State state, OptionalLong rows, OptionalLong id, OptionalLong lastId) {
    JsonObjectBuilder json = Json.createObjectBuilder().add("state", state.label());
    add(json, "rows_inspected", rows);
    add(json, "rows_total", state == Inspection.State.DONE ? rows : OptionalLong.empty());
    add(json, "id", id);
    add(json, "last_id", lastId);
    return json;
  }

  private static void add(JsonObjectBuilder json, String name, OptionalLong number) {
    json.add(name, number.isPresent() ? Json.createValue(number.getAsLong()) : JsonValue.NULL);
  }

  private static void addText(JsonObjectBuilder json, String name, String text) {
    json.add(name, text.isEmpty() ? JsonValue.NULL : Json.createValue(text));
  }

  private static void addTime(JsonObjectBuilder json, String name, Optional<Instant> time) {
    addText(json, name, time.map(Instant::toString).orElse(""));
  }

  private static void addFile(JsonObjectBuilder json, String name, Path file) {
    addText(json, name, Files.exists(file) ? file.toAbsolutePath().toString() : "");
  }
}
