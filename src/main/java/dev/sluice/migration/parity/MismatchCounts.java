package dev.sluice.migration.parity;

import jakarta.json.Json;
import jakarta.json.JsonObjectBuilder;

/** How many readings differ, by class. Immutable. */
public record MismatchCounts(long missing, long extra, long value, long precision) {
  public static final MismatchCounts NONE = new MismatchCounts(0, 0, 0, 0);

  public long total() {
    return missing + extra + value + precision;
  }

  MismatchCounts plus(MismatchCounts other) {
    return new MismatchCounts(
        missing + other.missing,
        extra + other.extra,
        value + other.value,
        precision + other.precision);
  }

  public MismatchCounts plusOne(MismatchClass kind) {
    return switch (kind) {
      case MISSING -> new MismatchCounts(missing + 1, extra, value, precision);
      case EXTRA -> new MismatchCounts(missing, extra + 1, value, precision);
      case VALUE -> new MismatchCounts(missing, extra, value + 1, precision);
      case PRECISION -> new MismatchCounts(missing, extra, value, precision + 1);
    };
  }

  public JsonObjectBuilder json() {
    return Json.createObjectBuilder()
        .add("missing", missing)
        .add("extra", extra)
        .add("value", value)
        .add("precision", precision);
  }
}
