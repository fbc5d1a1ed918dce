package dev.sluice.migration.cutover;

import dev.sluice.files.AtomicFile;
import dev.sluice.migration.Side;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The dead letters, and the readings lost from the journal, that an operator has looked into and
 * accepts: so many of each store, kept in {@code <data.dir>/cutover/dead-letters.json}.
 * Thread-safe, and kept by one at a time.
 *
 * <p>They belong to the store's cursor, by its origin: a cursor begun anew counts from zero, and
 * nothing of it has been explained. A file that cannot be understood explains nothing.
 */
final class ExplainedDeadLetters {
  private static final Logger LOG = LoggerFactory.getLogger(ExplainedDeadLetters.class);

  /**
   * What is accepted of one store.
   *
   * @param origin of the cursor whose counts they are
   */
  record Explained(long origin, long deadLetters, long lost, String by, Instant at, String reason) {
    static final Explained NOTHING = new Explained(-1, 0, 0, "", Instant.EPOCH, "");
  }

  private final Path file;
  private final AtomicFile writer = new AtomicFile();
  private final ReentrantLock writeLock = new ReentrantLock();
  private volatile Map<String, Explained> bySink;

  ExplainedDeadLetters(Path file) {
    this.file = file;
    this.bySink = read(file);
  }

  /** What is accepted of this side; nothing when its cursor has another origin. */
  Explained of(Side side) {
    Explained explained = bySink.getOrDefault(side.name(), Explained.NOTHING);
    return explained.origin() == side.origin() ? explained : Explained.NOTHING;
  }

  /** Accepts what there is of this sink. */
  void explain(String sink, Explained explained) throws IOException {
    writeLock.lock();
    try {
      Map<String, Explained> next = new TreeMap<>(bySink);
      next.put(sink, explained);
      JsonObjectBuilder json = Json.createObjectBuilder();
      next.forEach((name, each) -> json.add(name, json(each)));
      writer.replace(file, json.build() + "\n");
      bySink = Map.copyOf(next);
    } finally {
      writeLock.unlock();
    }
  }

  private static JsonObject json(Explained explained) {
    return Json.createObjectBuilder()
        .add("origin", explained.origin())
        .add("dead_letters", explained.deadLetters())
        .add("lost", explained.lost())
        .add("by", explained.by())
        .add("at", explained.at().toString())
        .add("reason", explained.reason())
        .build();
  }

  private static Map<String, Explained> read(Path file) {
    if (!Files.exists(file)) {
      return Map.of();
    }
    try (JsonReader reader = Json.createReader(Files.newBufferedReader(file))) {
      Map<String, Explained> bySink = new TreeMap<>();
      JsonObject all = reader.readObject();
      all.keySet().forEach(sink -> bySink.put(sink, explained(all.getJsonObject(sink))));
      return Map.copyOf(bySink);
    } catch (IOException | RuntimeException e) {
      LOG.warn("{} cannot be understood: no dead letters count as explained", file, e);
      return Map.of();
    }
  }

  private static Explained explained(JsonObject json) {
    return new Explained(
        json.getJsonNumber("origin").longValueExact(),
        json.getJsonNumber("dead_letters").longValueExact(),
        json.getJsonNumber("lost").longValueExact(),
        json.getString("by"),
        Instant.parse(json.getString("at")),
        json.getString("reason"));
  }
}
