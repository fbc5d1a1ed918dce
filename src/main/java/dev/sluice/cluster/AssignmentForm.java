package dev.sluice.cluster;

import dev.sluice.files.JsonForm;
import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;

/** How an {@link AssignmentRecord} is spelled. Stateless. */
final class AssignmentForm implements JsonForm<AssignmentRecord> {
  @Override
  public JsonObject json(AssignmentRecord assignment) {
    JsonArrayBuilder shares = Json.createArrayBuilder();
    for (AssignmentRecord.Share share : assignment.shares()) {
      shares.add(
          Json.createObjectBuilder()
              .add("node", share.node())
              .add("home", share.home())
              .add("instance", share.instance())
              .add("partitions", ShareForm.partitions(share.partitions())));
    }
    return Json.createObjectBuilder()
        .add("term", assignment.term())
        .add("number", assignment.number())
        .add("shares", shares)
        .build();
  }

  @Override
  public AssignmentRecord read(JsonObject json) {
    return new AssignmentRecord(
        json.getJsonNumber("term").longValueExact(),
        json.getJsonNumber("number").longValueExact(),
        json.getJsonArray("shares").getValuesAs(JsonObject.class).stream()
            .map(AssignmentForm::share)
            .toList());
  }

  private static AssignmentRecord.Share share(JsonObject json) {
    return new AssignmentRecord.Share(
        json.getString("node"),
        json.getString("home"),
        json.getString("instance"),
        ShareForm.partitions(json.getJsonArray("partitions")));
  }

  @Override
  public String name() {
    return "the assignment of partitions";
  }

  @Override
  public String advice() {
    return "update this node to the version of Sluice that leads";
  }
}
