package dev.sluice.admin;

import dev.sluice.api.BackfillStatus;
import dev.sluice.api.HourCounts;
import dev.sluice.delivery.Delivery;
import dev.sluice.delivery.DeliveryStatus;
import dev.sluice.journal.JournalConfig;
import dev.sluice.journal.JournalStats;
import dev.sluice.migration.StoreNames;
import dev.sluice.migration.backfill.Backfill;
import dev.sluice.migration.phase.PhaseRecord;
import dev.sluice.migration.verify.Verify;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The response to {@code GET /v1/status}, assembled from the parts on each request. Thread-safe.
 *
 * @param phase the phase in force
 * @param journal its offsets and bytes
 * @param ack what an ack waits for
 * @param deliveries the running deliveries by sink; a sink without one is off in this phase
 * @param newestDay QuestDB's newest day when it was opened
 * @param accepted readings acknowledged by ingest since the start
 * @param rejected readings refused by ingest since the start
 * @param ignored values that ingest has not stored since the start, by kind
 * @param restamped readings that ingest has stored at the time of receipt since the start
 * @param backfill empty while Sluice starts or stops
 * @param verify likewise
 * @param warnings what an operator must know about the stores
 * @param tables which tables are not those the proofs were made on
 */
public record StatusReport(
    Supplier<PhaseRecord> phase,
    Supplier<JournalStats> journal,
    JournalConfig.Ack ack,
    StoreNames names,
    Map<String, Delivery> deliveries,
    Supplier<Optional<LocalDate>> newestDay,
    LongSupplier accepted,
    LongSupplier rejected,
    Supplier<Map<String, Long>> ignored,
    LongSupplier restamped,
    Supplier<Optional<Backfill>> backfill,
    Supplier<Optional<Verify>> verify,
    Supplier<List<String>> warnings,
    Supplier<JsonValue> tables) {

  /** The report as DESIGN's status object. */
  public JsonObject json() {
    PhaseRecord record = phase.get();
    JsonObjectBuilder sinks = Json.createObjectBuilder();
    JsonObjectBuilder conservation = Json.createObjectBuilder();
    JsonObjectBuilder ignoredByKind = Json.createObjectBuilder();
    ignored.get().forEach(ignoredByKind::add);
    for (String sink : names.all()) {
      Delivery delivery = deliveries.get(sink);
      if (delivery == null) {
        sinks.add(sink, withNewestDay(sink, off(), Optional.empty()));
        conservation.addNull(sink);
      } else {
        DeliveryStatus status = delivery.status();
        sinks.add(sink, withNewestDay(sink, json(status), newestDay.get()));
        conservation.add(sink, status.residue());
      }
    }
    return Json.createObjectBuilder()
        .add("phase", record.phase().label())
        .add("epoch", record.epoch())
        .add("journal", json(journal.get()))
        .add("sinks", sinks)
        .add(
            "ingest",
            Json.createObjectBuilder()
                .add("accepted", accepted.getAsLong())
                .add("rejected", rejected.getAsLong())
                .add("restamped", restamped.getAsLong())
                .add("ignored", ignoredByKind))
        .add("conservation", conservation)
        .add("backfill", backfill.get().map(StatusReport::json).orElse(JsonValue.NULL))
        .add("parity", verify.get().map(StatusReport::json).orElse(JsonValue.NULL))
        .add("warnings", Json.createArrayBuilder(warnings.get()))
        .add("tables", tables.get())
        .build();
  }

  private static JsonValue json(Backfill backfill) {
    BackfillStatus status = backfill.status();
    Long total = status.rowsTotal();
    return Json.createObjectBuilder()
        .add("state", status.state())
        .add("rows_copied", status.rowsCopied())
        .add("rows_total", total == null ? JsonValue.NULL : Json.createValue(total))
        .build();
  }

  private static JsonValue json(Verify verify) {
    HourCounts hours = verify.status().hours();
    return Json.createObjectBuilder()
        .add("unverified", hours.unverified())
        .add("matched", hours.matched())
        .add("mismatched", hours.mismatched())
        .add("dirty", hours.dirty())
        .build();
  }

  private JsonObjectBuilder json(JournalStats stats) {
    return Json.createObjectBuilder()
        .add("first_offset", stats.firstOffset())
        .add("next_offset", stats.nextOffset())
        .add("bytes", stats.bytes())
        .add("max_bytes", stats.maxBytes())
        .add("ack", ack.name().toLowerCase(Locale.ROOT))
        .add("lost", stats.lost())
        .add("full", orNull(stats.full()));
  }

  private static JsonObjectBuilder json(DeliveryStatus status) {
    return Json.createObjectBuilder()
        .add("state", status.state().label())
        .add("cursor", status.cursor())
        .add("lag_readings", status.lagReadings())
        .add("lag_seconds", status.lagSeconds())
        .add("delivered", status.delivered())
        .add("dead_letters", status.deadLetters())
        .add("lost", status.lost())
        .add("last_error", orNull(status.lastError()));
  }

  private JsonObjectBuilder withNewestDay(
      String sink, JsonObjectBuilder json, Optional<LocalDate> day) {
    return sink.equals(names.next())
        ? json.add("newest_day", orNull(day.map(LocalDate::toString).orElse("")))
        : json;
  }

  private static JsonObjectBuilder off() {
    JsonObjectBuilder sink = Json.createObjectBuilder().add("state", "off");
    for (String key :
        List.of("cursor", "lag_readings", "lag_seconds", "delivered", "dead_letters", "lost")) {
      sink.addNull(key);
    }
    return sink.addNull("last_error");
  }

  private static JsonValue orNull(@Nullable String text) {
    return text == null || text.isEmpty() ? JsonValue.NULL : Json.createValue(text);
  }
}
