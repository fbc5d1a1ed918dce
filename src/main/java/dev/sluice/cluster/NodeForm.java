package dev.sluice.cluster;

import dev.sluice.files.JsonForm;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import java.time.Instant;

/** How a {@link NodeRecord} is spelled. Stateless. */
final class NodeForm implements JsonForm<NodeRecord> {
  @Override
  public JsonObject json(NodeRecord node) {
    NodeInfo info = node.info();
    return Json.createObjectBuilder()
        .add("id", info.id())
        .add("home", info.home())
        .add("ingest", info.ingestUrl())
        .add("admin", info.adminUrl())
        .add("roles", Json.createArrayBuilder(info.roles()))
        .add("own_stores", info.ownStores())
        .add("version", info.version())
        .add("started", info.started().toString())
        .add("instance", node.instance())
        .add("beat", node.beat())
        .add("epoch", node.epoch())
        .add("holding", node.holding())
        .add("leads", node.leads())
        .add("share", ShareForm.json(node.share()))
        .build();
  }

  @Override
  public NodeRecord read(JsonObject json) {
    return new NodeRecord(
        new NodeInfo(
            json.getString("id"),
            json.getString("home"),
            json.getString("ingest"),
            json.getString("admin"),
            json.getJsonArray("roles").getValuesAs(JsonString::getString),
            json.getBoolean("own_stores"),
            json.getString("version"),
            Instant.parse(json.getString("started"))),
        json.getString("instance"),
        json.getJsonNumber("beat").longValueExact(),
        json.getJsonNumber("epoch").longValueExact(),
        json.getJsonNumber("holding").longValueExact(),
        json.getBoolean("leads"),
        // Nodes of earlier versions take no part.
        json.containsKey("share") ? ShareForm.read(json.getJsonObject("share")) : NodeShare.NONE);
  }

  @Override
  public String name() {
    return "the record of a node";
  }

  @Override
  public String advice() {
    return "it is passed over; does a newer version of Sluice run on that node?";
  }
}
