package dev.sluice.migration.phase;

import dev.sluice.files.JsonForm;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.time.Instant;

/** How the phase file spells a record, and the control topic too. Stateless. */
public final class PhaseForm implements JsonForm<PhaseRecord> {
  @Override
  public JsonObject json(PhaseRecord phase) {
    JsonObjectBuilder json =
        Json.createObjectBuilder()
            .add("phase", phase.phase().label())
            .add("epoch", phase.epoch())
            .add("by", phase.by())
            .add("at", phase.at().toString())
            .add("reason", phase.reason())
            .add("report", phase.report())
            .add("audit", phase.audit());
    if (!phase.node().isEmpty()) {
      json.add("node", phase.node());
    }
    return json.build();
  }

  @Override
  public PhaseRecord read(JsonObject json) {
    return new PhaseRecord(
        Phase.of(json.getString("phase")),
        json.getJsonNumber("epoch").longValueExact(),
        json.getString("by"),
        Instant.parse(json.getString("at")),
        json.getString("reason"),
        json.getString("report", ""),
        json.getString("audit", ""),
        json.getString("node", ""));
  }

  @Override
  public String name() {
    return "the phase file";
  }

  @Override
  public String advice() {
    return "restore it from a backup, or, if you know which phase was in force, rewrite it: "
        + byHand();
  }

  /** What a person may write into the file; the epoch only has to be greater than any report's. */
  public static String byHand() {
    return "{\"phase\":\"PHASE\",\"epoch\":1000,\"by\":\"NAME\","
        + "\"at\":\"2026-01-01T00:00:00Z\",\"reason\":\"phase.json was lost\"}";
  }
}
