package dev.sluice.migration.cutover;

import dev.sluice.migration.phase.Phase;
import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Whether a phase change could be made, guard by guard. Immutable.
 *
 * @param id by which a flip names it
 * @param at when all guards had been checked, to the millisecond
 * @param epoch in force then
 * @param would what the change would do, step by step
 */
record ReadinessReport(
    String id,
    Instant at,
    long epoch,
    Phase from,
    Phase to,
    List<Guard> guards,
    List<String> would) {

  ReadinessReport {
    guards = List.copyOf(guards);
    would = List.copyOf(would);
  }

  boolean ready() {
    return guards.stream().allMatch(Guard::passed);
  }

  /** The failed guards, one sentence each. */
  String failures() {
    return guards.stream()
        .filter(guard -> !guard.passed())
        .map(Guard::sentence)
        .collect(Collectors.joining("; "));
  }

  /** SHA-256 of {@link #json} without the hash, in hex. */
  String hash() {
    try {
      byte[] text = body().build().toString().getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  JsonObject json() {
    return body().add("hash", hash()).build();
  }

  /**
   * Reads a report from its JSON. The hash is not checked.
   *
   * @throws RuntimeException if it is not the JSON of a report
   */
  public static ReadinessReport of(JsonObject json) {
    return new ReadinessReport(
        json.getString("id"),
        Instant.parse(json.getString("at")),
        json.getJsonNumber("epoch").longValueExact(),
        Phase.of(json.getString("from")),
        Phase.of(json.getString("to")),
        json.getJsonArray("guards").getValuesAs(JsonObject.class).stream().map(Guard::of).toList(),
        json.getJsonArray("would").getValuesAs(JsonString::getString));
  }

  private JsonObjectBuilder body() {
    JsonArrayBuilder all = Json.createArrayBuilder();
    guards.forEach(guard -> all.add(guard.json()));
    return Json.createObjectBuilder()
        .add("id", id)
        .add("at", at.toString())
        .add("epoch", epoch)
        .add("from", from.label())
        .add("to", to.label())
        .add("ready", ready())
        .add("guards", all)
        .add("would", Json.createArrayBuilder(would));
  }
}
