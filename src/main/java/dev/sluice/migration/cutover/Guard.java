package dev.sluice.migration.cutover;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.util.Arrays;
import java.util.Locale;

/**
 * What one guard saw. Immutable.
 *
 * @param kind which guard
 * @param value what was observed
 * @param threshold what is allowed
 * @param passed whether it lets the change through
 * @param reason why not and what to do; empty when it passed
 */
record Guard(Kind kind, String value, String threshold, boolean passed, String reason) {
  enum Kind {
    SCHEMA(false),
    TABLES(true),
    BACKFILL(true),
    PARITY(true),
    REVERSE_PARITY(true),
    MIRROR_LAG(true),
    SUSPENDED(true),
    DEAD_LETTERS(true),
    DURABILITY(false),
    DISK(true),
    MYSQL(true),
    CONSERVATION(true),
    CANARY(false),
    WAY_BACK(false),
    CONFIRMATION(false);

    private final boolean watched;

    Kind(boolean watched) {
      this.watched = watched;
    }

    /** Whether it is cheap enough to check every second. */
    boolean watched() {
      return watched;
    }

    /** The spelling in JSON. */
    String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Kind of(String label) {
      return Arrays.stream(values())
          .filter(kind -> kind.label().equals(label))
          .findFirst()
          .orElseThrow(() -> new IllegalArgumentException("no guard is named " + label));
    }
  }

  static Guard passed(Kind kind, String value, String threshold) {
    return new Guard(kind, value, threshold, true, "");
  }

  static Guard failed(Kind kind, String value, String threshold, String reason) {
    return new Guard(kind, value, threshold, false, reason);
  }

  /** Passed, or failed with this reason. */
  static Guard of(Kind kind, boolean passed, String value, String threshold, String reason) {
    return passed ? passed(kind, value, threshold) : failed(kind, value, threshold, reason);
  }

  /** One sentence for an operator: {@code disk is 1 GiB, allowed is at least 2 GiB: …}. */
  String sentence() {
    return kind.label() + " is " + value + ", allowed is " + threshold + ": " + reason;
  }

  JsonObject json() {
    return Json.createObjectBuilder()
        .add("name", kind.label())
        .add("value", value)
        .add("threshold", threshold)
        .add("passed", passed)
        .add("reason", reason)
        .build();
  }

  static Guard of(JsonObject json) {
    return new Guard(
        Kind.of(json.getString("name")),
        json.getString("value"),
        json.getString("threshold"),
        json.getBoolean("passed"),
        json.getString("reason"));
  }
}
