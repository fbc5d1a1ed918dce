package dev.sluice.migration.cutover;

import dev.sluice.files.JsonForm;
import dev.sluice.migration.Side;
import dev.sluice.migration.Successor;
import dev.sluice.migration.ToldFile;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.io.IOException;
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

  private final ToldFile<Map<String, Explained>> file;
  private final ReentrantLock writeLock = new ReentrantLock();
  private volatile Map<String, Explained> bySink;

  /**
   * Reads what is kept.
   *
   * @param directory {@code data/cutover}
   */
  ExplainedDeadLetters(Path directory, Successor successor) {
    this.file = file(directory, successor);
    this.bySink = kept();
  }

  private static ToldFile<Map<String, Explained>> file(Path directory, Successor successor) {
    return new ToldFile<>(
        directory.resolve("dead-letters.json"), new Form(), "dead-letters", successor);
  }

  /** Puts what a successor was told in the place of any file there is. */
  static void inherit(Path directory, Map<String, String> told) throws IOException {
    file(directory, Successor.NOBODY).inherit(told);
  }

  /** All that a successor must be told. */
  Map<String, String> everything() {
    return file.told(bySink);
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
      file.write(next);
      bySink = Map.copyOf(next);
    } finally {
      writeLock.unlock();
    }
  }

  private Map<String, Explained> kept() {
    try {
      return file.read().orElse(Map.of());
    } catch (IOException e) {
      LOG.warn("No dead letters count as explained", e);
      return Map.of();
    }
  }

  /** How the file spells what is accepted. */
  private static final class Form implements JsonForm<Map<String, Explained>> {
    @Override
    public JsonObject json(Map<String, Explained> bySink) {
      JsonObjectBuilder json = Json.createObjectBuilder();
      bySink.forEach((sink, explained) -> json.add(sink, json(explained)));
      return json.build();
    }

    private static JsonObjectBuilder json(Explained explained) {
      return Json.createObjectBuilder()
          .add("origin", explained.origin())
          .add("dead_letters", explained.deadLetters())
          .add("lost", explained.lost())
          .add("by", explained.by())
          .add("at", explained.at().toString())
          .add("reason", explained.reason());
    }

    @Override
    public Map<String, Explained> read(JsonObject json) {
      Map<String, Explained> bySink = new TreeMap<>();
      json.keySet().forEach(sink -> bySink.put(sink, explained(json.getJsonObject(sink))));
      return Map.copyOf(bySink);
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

    @Override
    public String name() {
      return "the file of explained dead letters";
    }

    @Override
    public String advice() {
      return "explain them again: sluice cutover --explain-dead-letters SINK --reason TEXT"
          + " --execute";
    }
  }
}
