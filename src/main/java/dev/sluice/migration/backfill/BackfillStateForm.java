package dev.sluice.migration.backfill;

import dev.sluice.files.JsonForm;
import dev.sluice.migration.backfill.BackfillConfig.Decision;
import dev.sluice.migration.backfill.BackfillState.Bounds;
import dev.sluice.migration.backfill.BackfillState.Order;
import dev.sluice.migration.backfill.BackfillState.Outcome;
import dev.sluice.migration.backfill.BackfillState.Status;
import dev.sluice.store.History.Position;
import dev.sluice.store.History.RowClass;
import jakarta.json.Json;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** How its file spells the state of a backfill. Stateless. */
final class BackfillStateForm implements JsonForm<BackfillState> {
  @Override
  public JsonObject json(BackfillState state) {
    Checkpoint at = state.checkpoint();
    Bounds bounds = state.bounds();
    JsonObjectBuilder json =
        Json.createObjectBuilder()
            .add("id", state.id())
            .add("origin", state.origin())
            .add("state", state.status().label())
            .add("why", state.outcome().why())
            .add("inspected", bounds.inspected())
            .add(
                "position",
                Json.createObjectBuilder()
                    .add("ts", at.position().tsMicros())
                    .add("id", at.position().id()))
            .add("copied", at.copied())
            .add("skipped", at.skipped())
            .add("superseded_by_mirror", at.superseded())
            .add("refused", at.refused())
            .add("unlisted", bounds.findings().unlisted())
            .add("rows_per_second", state.order().rowsPerSecond())
            .add("started_at", state.order().startedAt().toString())
            .add("proven_by", state.provenBy());
    bounds.lastId().ifPresent(id -> json.add("last_id", id));
    bounds.total().ifPresent(rows -> json.add("total", rows));
    state.outcome().finishedAt().ifPresent(end -> json.add("finished_at", end.toString()));
    JsonObjectBuilder decisions = Json.createObjectBuilder();
    state
        .order()
        .decisions()
        .forEach((row, decision) -> decisions.add(row.label(), decision.label()));
    JsonObjectBuilder findings = Json.createObjectBuilder();
    bounds.findings().counts().forEach((row, count) -> findings.add(row.label(), count));
    return json.add("decisions", decisions).add("findings", findings).build();
  }

  @Override
  public BackfillState read(JsonObject json) {
    JsonObject position = json.getJsonObject("position");
    Map<RowClass, Decision> decisions = new EnumMap<>(RowClass.class);
    json.getJsonObject("decisions")
        .forEach((row, decision) -> decisions.put(rowClass(row), decision(decision)));
    Map<RowClass, Long> findings = new EnumMap<>(RowClass.class);
    json.getJsonObject("findings")
        .forEach(
            (row, count) -> findings.put(rowClass(row), ((JsonNumber) count).longValueExact()));
    return new BackfillState(
        new Order(
            json.getString("id"),
            number(json, "origin"),
            decisions,
            number(json, "rows_per_second"),
            Instant.parse(json.getString("started_at"))),
        new Bounds(
            optional(json, "last_id"),
            optional(json, "total"),
            json.getBoolean("inspected"),
            new Findings(findings, number(json, "unlisted"))),
        new Checkpoint(
            new Position(number(position, "ts"), number(position, "id")),
            number(json, "copied"),
            number(json, "skipped"),
            number(json, "superseded_by_mirror"),
            number(json, "refused")),
        new Outcome(
            Status.valueOf(json.getString("state").toUpperCase(Locale.ROOT)),
            json.getString("why"),
            json.containsKey("finished_at")
                ? Optional.of(Instant.parse(json.getString("finished_at")))
                : Optional.empty()),
        json.getString("proven_by", ""));
  }

  @Override
  public String name() {
    return "the state of the backfill";
  }

  @Override
  public String advice() {
    return "restore it from a backup, or delete it to copy everything again, which does not change"
        + " rows already copied";
  }

  private static RowClass rowClass(String label) {
    return RowClass.valueOf(label.toUpperCase(Locale.ROOT).replace('-', '_'));
  }

  private static Decision decision(JsonValue label) {
    return Decision.valueOf(((JsonString) label).getString().toUpperCase(Locale.ROOT));
  }

  private static long number(JsonObject json, String name) {
    return json.getJsonNumber(name).longValueExact();
  }

  private static OptionalLong optional(JsonObject json, String name) {
    return json.containsKey(name) ? OptionalLong.of(number(json, name)) : OptionalLong.empty();
  }
}
