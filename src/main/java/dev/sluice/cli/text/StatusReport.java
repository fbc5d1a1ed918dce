package dev.sluice.cli.text;

import dev.sluice.api.HourCounts;
import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonException;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.io.StringReader;
import java.util.Locale;
import java.util.Map;

/**
 * Formats {@code GET /v1/status} for people. A missing member is shown as {@code ?}: the Sluice
 * that answers may be older or newer than this one.
 */
public final class StatusReport {
  private static final String UNKNOWN = "?";

  private final StringBuilder text = new StringBuilder();

  private StatusReport() {}

  public static String of(String body) throws CommandException {
    try (JsonReader reader = Json.createReader(new StringReader(body))) {
      return new StatusReport().render(reader.readObject());
    } catch (JsonException e) {
      throw new CommandException(
          "the answer is not the status of a Sluice server: " + e.getMessage());
    }
  }

  private String render(JsonObject status) {
    JsonObject journal = object(status, "journal");
    JsonObject ingest = object(status, "ingest");
    line("phase", show(status, "phase") + " (epoch " + show(status, "epoch") + ")");
    line(
        "ingest",
        "%s accepted, %s rejected".formatted(show(ingest, "accepted"), show(ingest, "rejected")));
    line(
        "journal",
        "offsets %s to %s, %s of %s bytes, ack %s"
            .formatted(
                show(journal, "first_offset"),
                show(journal, "next_offset"),
                show(journal, "bytes"),
                show(journal, "max_bytes"),
                show(journal, "ack")));
    String full = show(journal, "full");
    if (!full.equals(UNKNOWN)) {
      line("", "ingest answers 503: " + full);
    }
    JsonObject residues = object(status, "conservation");
    object(status, "sinks")
        .forEach((name, sink) -> sink(name, asObject(sink), show(residues, name)));
    migration(status);
    if (status.get("warnings") instanceof JsonArray warnings) {
      warnings
          .getValuesAs(JsonString.class)
          .forEach(warning -> line("warning", warning.getString()));
    }
    return text.toString();
  }

  /** Adds one line for each part of the migration that this Sluice reports. */
  private void migration(JsonObject status) {
    JsonObject backfill = object(status, "backfill");
    if (!backfill.isEmpty()) {
      String rows =
          show(backfill, "rows_total").equals(UNKNOWN)
              ? ""
              : ", %s of %s rows"
                  .formatted(show(backfill, "rows_copied"), show(backfill, "rows_total"));
      line("backfill", show(backfill, "state") + rows);
    }
    JsonObject parity = object(status, "parity");
    if (!parity.isEmpty()) {
      line("parity", VerifyState.hours(hours(new Answer(parity))) + " (hours)");
    }
    if (status.get("tables") instanceof JsonArray tables) {
      tables.forEach(each -> line("tables", show(asObject(each), "why")));
    }
  }

  private void sink(String name, JsonObject sink, String residue) {
    if (show(sink, "state").equals("off")) {
      line(name, "off in this phase");
      return;
    }
    line(
        name,
        "%s, %s delivered, %s (%s s) behind, %s"
            .formatted(
                show(sink, "state"),
                show(sink, "delivered"),
                counted(sink, "lag_readings", "reading"),
                show(sink, "lag_seconds"),
                counted(sink, "dead_letters", "dead letter")));
    String lastError = show(sink, "last_error");
    if (!lastError.equals(UNKNOWN)) {
      line("", "last error: " + lastError);
    }
    if (!residue.equals("0") && !residue.equals(UNKNOWN)) {
      line("", "conservation is off by " + residue + " readings; 0 is allowed");
    }
  }

  private void line(String label, String value) {
    text.append("%-9s".formatted(label)).append(value).append(System.lineSeparator());
  }

  private static JsonObject object(JsonObject parent, String name) {
    return asObject(parent.getOrDefault(name, JsonValue.NULL));
  }

  private static JsonObject asObject(JsonValue value) {
    return value instanceof JsonObject object ? object : JsonValue.EMPTY_JSON_OBJECT;
  }

  private static String counted(JsonObject parent, String name, String what) {
    String count = show(parent, name);
    return count + " " + what + (count.equals("1") ? "" : "s");
  }

  private static String show(Map<String, JsonValue> parent, String name) {
    return switch (parent.getOrDefault(name, JsonValue.NULL)) {
      case JsonString string -> string.getString();
      case JsonNumber number when number.isIntegral() ->
          String.format(Locale.ROOT, "%,d", number.bigIntegerValue());
      case JsonNumber number -> number.toString();
      case JsonValue other ->
          other.getValueType() == JsonValue.ValueType.NULL ? UNKNOWN : other.toString();
    };
  }

  private static HourCounts hours(Answer parity) {
    return new HourCounts(
        parity.count("unverified"),
        parity.count("matched"),
        parity.count("mismatched"),
        parity.count("dirty"));
  }
}
