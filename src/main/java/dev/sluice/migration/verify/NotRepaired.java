package dev.sluice.migration.verify;

import dev.sluice.migration.parity.MismatchClass;
import dev.sluice.reading.Identity;
import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObjectBuilder;
import java.util.Map;

/** The keys that a repair leaves unchanged, with the reasons. Confined to one thread. */
final class NotRepaired {
  private static final int MAX_LISTED = 1_000;

  private final JsonArrayBuilder listed = Json.createArrayBuilder();
  private long total;

  boolean isEmpty() {
    return total == 0;
  }

  void add(Map<Identity, MismatchClass> keys, String reason) {
    keys.forEach((key, kind) -> {
      if (total++ < MAX_LISTED) {
        listed.add(
            Json.createObjectBuilder()
                .add("class", kind.label())
                .add("device_id", key.device())
                .add("metric", key.metric())
                .add("ts", MismatchFiles.text(key.tsMicros()))
                .add("reason", reason));
      }
    });
  }

  /** Adds {@code not_repaired}, which lists the first of them, and {@code not_repaired_total}. */
  JsonObjectBuilder addTo(JsonObjectBuilder json) {
    return json.add("not_repaired", listed).add("not_repaired_total", total);
  }
}
