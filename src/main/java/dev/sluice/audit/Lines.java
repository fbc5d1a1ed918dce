package dev.sluice.audit;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.Map;

/** What lines of the audit file say, and how they are chained. Stateless. */
final class Lines {
  static final String BEFORE = "before";
  static final String AFTER = "after";
  static final String CONTINUES = "continues";

  /** Stands for the hash of the line before the first. */
  static final String BEGINNING = "0".repeat(64);

  private Lines() {}

  /** A change is about to be made. */
  static JsonObject before(Instant at, Actor who, String method, String path, JsonObject given) {
    return by(at, BEFORE, who).add("method", method).add("path", path).add("given", given).build();
  }

  /** How the change ended whose line before has this hash. */
  static JsonObject after(Instant at, String hash, int status, JsonObject result) {
    return event(at, AFTER).add("of", hash).add("status", status).add("result", result).build();
  }

  static JsonObject read(Instant at, Actor who, String path) {
    return by(at, "read", who).add("path", path).build();
  }

  /**
   * Requests without a valid token, or with one that may not do this.
   *
   * @param byAddress the first few addresses, with how many came from each
   * @param byName likewise, of tokens and certificates that are known
   */
  static JsonObject refused(
      Instant at, long requests, Map<String, Long> byAddress, Map<String, Long> byName) {
    JsonObjectBuilder line =
        event(at, "refused").add("requests", requests).add("from", counts(byAddress));
    return (byName.isEmpty() ? line : line.add("names", counts(byName))).build();
  }

  private static JsonObjectBuilder counts(Map<String, Long> by) {
    JsonObjectBuilder counts = Json.createObjectBuilder();
    by.forEach(counts::add);
    return counts;
  }

  /** A process begins to write here. */
  static JsonObject started(Instant at, long pid, String phase, long epoch) {
    return event(at, "started").add("pid", pid).add("phase", phase).add("epoch", epoch).build();
  }

  /** What a crash tore was cut off. */
  static JsonObject mended(Instant at, byte[] cut) {
    return event(at, "mended").add("cut_bytes", cut.length).add("cut_sha256", hash(cut)).build();
  }

  /** Lines that could not be written, and are lost. */
  static JsonObject missed(Instant at, long lines) {
    return event(at, "missed").add("lines", lines).build();
  }

  /** First line of a file: the one before is the last of this file. */
  static JsonObject continues(Instant at, String file) {
    return event(at, CONTINUES).add("file", file).build();
  }

  /** The line itself, without its line feed. */
  static String text(JsonObject members, String hashBefore) {
    return Json.createObjectBuilder(members).add("prev", hashBefore).build().toString();
  }

  static String hash(String line) {
    return hash(line.getBytes(StandardCharsets.UTF_8));
  }

  /** SHA-256 in hex. */
  static String hash(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  private static JsonObjectBuilder event(Instant at, String event) {
    return Json.createObjectBuilder()
        .add("at", at.truncatedTo(ChronoUnit.MILLIS).toString())
        .add("event", event);
  }

  private static JsonObjectBuilder by(Instant at, String event, Actor who) {
    return event(at, event)
        .add("who", Json.createObjectBuilder().add("kind", who.kind()).add("name", who.name()))
        .add("from", who.address());
  }
}
