package dev.sluice.cluster;

import dev.sluice.files.JsonForm;
import jakarta.json.Json;
import jakarta.json.JsonObject;

/** How a {@link LeaderRecord} is spelled. Stateless. */
final class LeaderForm implements JsonForm<LeaderRecord> {
  @Override
  public JsonObject json(LeaderRecord leader) {
    return Json.createObjectBuilder()
        .add("node", leader.node())
        .add("home", leader.home())
        .add("admin", leader.adminUrl())
        .add("term", leader.term())
        .add("leads", leader.leads())
        .build();
  }

  @Override
  public LeaderRecord read(JsonObject json) {
    return new LeaderRecord(
        json.getString("node"),
        json.getString("home"),
        json.getString("admin"),
        json.getJsonNumber("term").longValueExact(),
        json.getBoolean("leads"));
  }

  @Override
  public String name() {
    return "the record of the leader";
  }

  @Override
  public String advice() {
    return "update this node to the version of Sluice that leads";
  }
}
