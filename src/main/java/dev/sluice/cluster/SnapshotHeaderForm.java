package dev.sluice.cluster;

import dev.sluice.files.JsonForm;
import jakarta.json.Json;
import jakarta.json.JsonObject;

/** How a {@link SnapshotHeader} is spelled. Stateless. */
final class SnapshotHeaderForm implements JsonForm<SnapshotHeader> {
  @Override
  public JsonObject json(SnapshotHeader header) {
    return Json.createObjectBuilder()
        .add("number", header.number())
        .add("chunks", header.chunks())
        .add("bytes", header.bytes())
        .add("crc32c", header.crc())
        .add("journal", header.journal())
        .add("offset", header.offset())
        .add("mark", header.mark())
        .build();
  }

  @Override
  public SnapshotHeader read(JsonObject json) {
    return new SnapshotHeader(
        json.getJsonNumber("number").longValueExact(),
        json.getInt("chunks"),
        json.getJsonNumber("bytes").longValueExact(),
        json.getJsonNumber("crc32c").longValueExact(),
        json.getString("journal"),
        json.getJsonNumber("offset").longValueExact(),
        json.getString("mark"));
  }

  @Override
  public String name() {
    return "the header of a snapshot";
  }

  @Override
  public String advice() {
    return "it is passed over";
  }
}
