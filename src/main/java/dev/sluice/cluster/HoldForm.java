package dev.sluice.cluster;

import dev.sluice.files.JsonForm;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.time.Instant;

/** How a {@link HoldRecord} is spelled. Stateless. */
final class HoldForm implements JsonForm<HoldRecord> {
  @Override
  public JsonObject json(HoldRecord hold) {
    return Json.createObjectBuilder()
        .add("epoch", hold.epoch())
        .add("node", hold.node())
        .add("until", hold.until().toString())
        .build();
  }

  @Override
  public HoldRecord read(JsonObject json) {
    return new HoldRecord(
        json.getJsonNumber("epoch").longValueExact(),
        json.getString("node"),
        Instant.parse(json.getString("until")));
  }

  @Override
  public String name() {
    return "the hold of a flip";
  }

  @Override
  public String advice() {
    return "update this node to the version of Sluice that leads";
  }
}
