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
  private static final String BY_TIME = "position";

  /**
   * A name of its own: a version that knows only the order of time must not take this for its
   * position, and does not understand a state without one.
   */
  private static final String BY_ID = "position_by_id";

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
            .add("copied", at.copied())
            .add("skipped", at.skipped())
            .add("superseded_by_mirror", at.superseded())
            .add("refused", at.refused())
            .add("unlisted", bounds.findings().unlisted())
            .add("rows_per_second", state.order().rowsPerSecond())
            .add("started_at", state.order().startedAt().toString())
            .add("proven_by", state.provenBy());
    bounds.course().ifPresent(course -> json.add("walk", course.label()));
    json.add(bounds.course().equals(Optional.of(Course.BY_ID)) ? BY_ID : BY_TIME, position(at));
    bounds.lastId().ifPresent(id -> json.add("last_id", id));
    bounds.total().ifPresent(rows -> json.add("total", rows));
    state.outcome().finishedAt().ifPresent(end -> json.add("finished_at", end.toString()));
    JsonObjectBuilder decisions = Json.createObjectBuilder();
    state
        .order()
        .decisions()
        .forEach((row, decision) -> decisions.add(row.label(), decision.label()));
    return json.add("decisions", decisions).add("findings", counts(bounds.findings())).build();
  }

  private static JsonObjectBuilder position(Checkpoint at) {
    JsonObjectBuilder position =
        Json.createObjectBuilder()
            .add("ts", at.position().tsMicros())
            .add("id", at.position().id());
    if (at.seen().rows() > 0) {
      position
          .add("first_id", at.seen().firstId())
          .add("rows", at.seen().rows())
          .add("findings", counts(at.seen().findings()))
          .add("unlisted", at.seen().findings().unlisted());
    }
    return position;
  }

  private static JsonObjectBuilder counts(Findings findings) {
    JsonObjectBuilder counts = Json.createObjectBuilder();
    findings.counts().forEach((row, count) -> counts.add(row.label(), count));
    return counts;
  }

  @Override
  public BackfillState read(JsonObject json) {
    JsonObject position = json.getJsonObject(json.containsKey(BY_ID) ? BY_ID : BY_TIME);
    Map<RowClass, Decision> decisions = new EnumMap<>(RowClass.class);
    json.getJsonObject("decisions")
        .forEach((row, decision) -> decisions.put(rowClass(row), decision(decision)));
    Position at = new Position(number(position, "ts"), number(position, "id"));
    return new BackfillState(
        new Order(
            json.getString("id"),
            number(json, "origin"),
            decisions,
            number(json, "rows_per_second"),
            Instant.parse(json.getString("started_at"))),
        new Bounds(
            optional(json, "last_id"),
            course(json, at),
            optional(json, "total"),
            json.getBoolean("inspected"),
            findings(json)),
        new Checkpoint(
            at,
            number(json, "copied"),
            number(json, "skipped"),
            number(json, "superseded_by_mirror"),
            number(json, "refused"),
            position.containsKey("rows")
                ? new Seen(
                    number(position, "rows"), number(position, "first_id"), findings(position))
                : Seen.NOTHING),
        new Outcome(
            Status.valueOf(json.getString("state").toUpperCase(Locale.ROOT)),
            json.getString("why"),
            json.containsKey("finished_at")
                ? Optional.of(Instant.parse(json.getString("finished_at")))
                : Optional.empty()),
        json.getString("proven_by", ""));
  }

  /** A copy begun before there was a choice goes by time; one that has not moved may choose. */
  private static Optional<Course> course(JsonObject json, Position at) {
    if (json.containsKey("walk")) {
      return Optional.of(Course.of(json.getString("walk")));
    }
    return at.equals(Position.START) ? Optional.empty() : Optional.of(Course.BY_TIME);
  }

  private static Findings findings(JsonObject json) {
    Map<RowClass, Long> counts = new EnumMap<>(RowClass.class);
    json.getJsonObject("findings")
        .forEach((row, count) -> counts.put(rowClass(row), ((JsonNumber) count).longValueExact()));
    return new Findings(counts, number(json, "unlisted"));
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
