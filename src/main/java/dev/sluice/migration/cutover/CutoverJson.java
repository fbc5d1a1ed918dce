package dev.sluice.migration.cutover;

import dev.sluice.migration.cutover.PhaseChange.Done;
import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.phase.PhaseRecord;
import dev.sluice.query.ShadowCounts;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The JSON that operators receive about the phase and its changes. Stateless. */
final class CutoverJson {
  /** A change under way. */
  record Changing(Phase to, String step, Instant since) {}

  /** The last change made by this process. */
  record Flipped(PhaseRecord record, Done done) {}

  private CutoverJson() {}

  /** The phase in force. */
  static JsonObjectBuilder json(PhaseRecord phase) {
    return Json.createObjectBuilder()
        .add("phase", phase.phase().label())
        .add("epoch", phase.epoch())
        .add("by", phase.by())
        .add("at", phase.at().toString())
        .add("reason", phase.reason())
        .add("report", phase.report().isEmpty() ? JsonValue.NULL : Json.createValue(phase.report()))
        .add(
            "may_go_to",
            Json.createArrayBuilder(phase.phase().mayGoTo().stream().map(Phase::label).toList()));
  }

  static JsonValue json(@Nullable Changing changing) {
    return changing == null
        ? JsonValue.NULL
        : Json.createObjectBuilder()
            .add("to", changing.to().label())
            .add("step", changing.step())
            .add("since", changing.since().toString())
            .build();
  }

  static JsonValue json(@Nullable Flipped flipped) {
    return flipped == null
        ? JsonValue.NULL
        : Json.createObjectBuilder()
            .add("to", flipped.record().phase().label())
            .add("held_ms", flipped.done().held().toMillis())
            .add("waited_ms", flipped.done().waited().toMillis())
            .add("at", flipped.record().at().toString())
            .build();
  }

  static JsonObject json(PhaseRecord next, Done done) {
    return Json.createObjectBuilder()
        .add("phase", next.phase().label())
        .add("epoch", next.epoch())
        .add("at", next.at().toString())
        .add("report", next.report())
        .add("held_ms", done.held().toMillis())
        .add("waited_ms", done.waited().toMillis())
        .build();
  }

  static JsonObject json(ShadowCounts counts) {
    return Json.createObjectBuilder()
        .add("share", counts.share())
        .add("compared", counts.compared())
        .add("different", counts.different())
        .add("skipped", counts.skipped())
        .build();
  }
}
