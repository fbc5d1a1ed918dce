package dev.sluice.admin.metrics;

import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * One part of the migration as meters see it: queried once for all meters of a scrape. Thread-safe.
 */
final class Glance {
  /**
   * Longer than reading the meters of a scrape takes, shorter than the interval between scrapes.
   */
  private static final long FRESH_NANOS = Duration.ofMillis(500).toNanos();

  private final Supplier<Optional<JsonObject>> source;
  private final ReentrantLock lock = new ReentrantLock();
  private JsonObject last = JsonValue.EMPTY_JSON_OBJECT;
  private long lastNanos;
  private boolean asked;

  Glance(Supplier<Optional<JsonObject>> source) {
    this.source = source;
  }

  /** The number at the end of this path of members; 0 if there is none. */
  double number(String... path) {
    return at(path) instanceof JsonNumber number ? number.doubleValue() : 0;
  }

  /** The text at the end of this path of members; empty if there is none. */
  String text(String... path) {
    return at(path) instanceof JsonString string ? string.getString() : "";
  }

  private JsonValue at(String... path) {
    JsonValue value = now();
    for (String name : path) {
      value =
          value instanceof JsonObject object
              ? object.getOrDefault(name, JsonValue.NULL)
              : JsonValue.NULL;
    }
    return value;
  }

  private JsonObject now() {
    lock.lock();
    try {
      long nanos = System.nanoTime();
      if (!asked || nanos - lastNanos > FRESH_NANOS) {
        last = source.get().orElse(JsonValue.EMPTY_JSON_OBJECT);
        lastNanos = nanos;
        asked = true;
      }
      return last;
    } finally {
      lock.unlock();
    }
  }
}
