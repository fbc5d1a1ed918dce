package dev.sluice.cluster;

import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import java.util.Set;
import java.util.stream.Collectors;

/** How a {@link NodeShare} is spelled within the record of its node. */
final class ShareForm {
  private ShareForm() {}

  static JsonObject json(NodeShare share) {
    JsonArrayBuilder sinks = Json.createArrayBuilder();
    for (SinkShare sink : share.sinks()) {
      sinks.add(
          Json.createObjectBuilder()
              .add("sink", sink.sink())
              .add("settled", sink.settled())
              .add("lag_readings", sink.lagReadings())
              .add("lag_seconds", sink.lagSeconds())
              .add("delivered", sink.delivered())
              .add("dead_letters", sink.deadLetters())
              .add("lost", sink.lost()));
    }
    return Json.createObjectBuilder()
        .add("opened", share.opened())
        .add("carried", share.carried())
        .add("partitions", partitions(share.partitions()))
        .add("dead_letter_bytes", share.deadLetterBytes())
        .add("sinks", sinks)
        .build();
  }

  static NodeShare read(JsonObject json) {
    return new NodeShare(
        json.getJsonNumber("opened").longValueExact(),
        json.getJsonNumber("carried").longValueExact(),
        partitions(json.getJsonArray("partitions")),
        json.getJsonNumber("dead_letter_bytes").longValueExact(),
        json.getJsonArray("sinks").getValuesAs(JsonObject.class).stream()
            .map(ShareForm::sink)
            .toList());
  }

  private static SinkShare sink(JsonObject json) {
    return new SinkShare(
        json.getString("sink"),
        json.getJsonNumber("settled").longValueExact(),
        json.getJsonNumber("lag_readings").longValueExact(),
        json.getJsonNumber("lag_seconds").doubleValue(),
        json.getJsonNumber("delivered").longValueExact(),
        json.getJsonNumber("dead_letters").longValueExact(),
        json.getJsonNumber("lost").longValueExact());
  }

  /** Ascending. */
  static JsonArrayBuilder partitions(Set<Integer> partitions) {
    return Json.createArrayBuilder(partitions.stream().sorted().toList());
  }

  static Set<Integer> partitions(JsonArray json) {
    return json.getValuesAs(JsonNumber::intValueExact).stream()
        .collect(Collectors.toUnmodifiableSet());
  }
}
