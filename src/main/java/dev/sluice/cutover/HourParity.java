package dev.sluice.cutover;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * What is known of one hour in both stores. Immutable.
 *
 * @param hourMicros the hour's first instant, microseconds since the epoch
 * @param verdict of the last comparison
 * @param mismatches differing readings the last comparison found
 * @param verifiedAt when it ended
 * @param dirtySince when the hour was first written to and not compared since
 */
record HourParity(
    long hourMicros,
    Verdict verdict,
    long mysqlRows,
    long questDbRows,
    MismatchCounts mismatches,
    Optional<Instant> verifiedAt,
    Optional<Since> dirtySince) {

  /** What the last comparison said. */
  enum Verdict {
    /** There was none. */
    UNVERIFIED,
    MATCHED,
    MISMATCHED;

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** An hour that has just been heard of, by a write. */
  static HourParity unverified(long hourMicros, Since since) {
    return new HourParity(
        hourMicros,
        Verdict.UNVERIFIED,
        0,
        0,
        MismatchCounts.NONE,
        Optional.empty(),
        Optional.of(since));
  }

  /** As it is once written to: dirty since the first write. */
  HourParity written(Since now) {
    return dirtySince.isPresent()
        ? this
        : new HourParity(
            hourMicros, verdict, mysqlRows, questDbRows, mismatches, verifiedAt, Optional.of(now));
  }

  /**
   * {@code unverified}, {@code matched}, {@code mismatched} or {@code dirty}. A mismatch stays one,
   * written to or not, until the hour is compared again.
   */
  String state() {
    return verdict == Verdict.MATCHED && dirtySince.isPresent() ? "dirty" : verdict.label();
  }

  /** Whether nothing says that both stores agree about this hour now. */
  boolean needed() {
    return verdict != Verdict.MATCHED || dirtySince.isPresent();
  }

  /** As the log keeps it. */
  JsonObject line() {
    JsonObjectBuilder json =
        Json.createObjectBuilder()
            .add("hour", Hours.name(hourMicros))
            .add("verdict", verdict.label())
            .add("mysql_rows", mysqlRows)
            .add("questdb_rows", questDbRows)
            .add("mismatches", mismatches.json());
    verifiedAt.ifPresent(at -> json.add("verified_at", at.toString()));
    dirtySince.ifPresent(since -> json.add("dirty_since", since.at().toString()));
    return json.build();
  }

  /** What {@link #line} wrote; throws any RuntimeException when it is something else. */
  static HourParity parse(JsonObject line) {
    JsonObject counts = line.getJsonObject("mismatches");
    return new HourParity(
        Hours.parse(line.getString("hour")),
        Verdict.valueOf(line.getString("verdict").toUpperCase(Locale.ROOT)),
        number(line, "mysql_rows"),
        number(line, "questdb_rows"),
        new MismatchCounts(
            number(counts, "missing"),
            number(counts, "extra"),
            number(counts, "value"),
            number(counts, "precision")),
        instant(line, "verified_at"),
        instant(line, "dirty_since").map(Since::at));
  }

  /** As {@code GET /v1/verify?map=true} shows it. */
  JsonObject json() {
    return Json.createObjectBuilder()
        .add("hour", Hours.name(hourMicros))
        .add("state", state())
        .add("mysql_rows", mysqlRows)
        .add("questdb_rows", questDbRows)
        .add("mismatches", mismatches.total())
        .add("verified_at", text(verifiedAt))
        .add("dirty_since", text(dirtySince.map(Since::at)))
        .build();
  }

  private static long number(JsonObject json, String member) {
    return json.getJsonNumber(member).longValueExact();
  }

  private static Optional<Instant> instant(JsonObject json, String member) {
    return json.containsKey(member)
        ? Optional.of(Instant.parse(json.getString(member)))
        : Optional.empty();
  }

  private static JsonValue text(Optional<Instant> instant) {
    return instant.<JsonValue>map(at -> Json.createValue(at.toString())).orElse(JsonValue.NULL);
  }
}
