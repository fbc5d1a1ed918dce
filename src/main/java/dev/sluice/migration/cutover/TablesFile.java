package dev.sluice.migration.cutover;

import dev.sluice.files.AtomicFile;
import dev.sluice.store.TableMark;
import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps the marks of the two tables in {@code tables.json}. One writer at a time. */
final class TablesFile {
  private static final Logger LOG = LoggerFactory.getLogger(TablesFile.class);

  private final Path file;
  private final AtomicFile atomically = new AtomicFile();

  TablesFile(Path file) {
    this.file = file;
  }

  /**
   * All that is kept.
   *
   * @param origin offset at which the mirror began that it is of
   */
  record Contents(
      OptionalLong origin, Map<String, TableMark> marks, Map<String, Departure> departures) {}

  /**
   * A table that was found to be another one.
   *
   * @param at when it was found
   * @param told whether what rested on it has been forgotten since
   */
  record Departure(String store, String why, Instant at, boolean told) {
    Departure asTold() {
      return new Departure(store, why, at, true);
    }
  }

  /** What is kept; empty when nothing is, or when it cannot be understood. */
  Optional<Contents> read() throws IOException {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try (JsonReader reader = Json.createReader(Files.newBufferedReader(file))) {
      return Optional.of(contents(reader.readObject()));
    } catch (RuntimeException e) {
      LOG.warn("{} cannot be understood and counts for nothing: {}", file, e.toString());
      return Optional.empty();
    }
  }

  void write(Contents contents) throws IOException {
    JsonObjectBuilder marks = Json.createObjectBuilder();
    contents
        .marks()
        .forEach((store, mark) ->
            marks.add(
                store,
                Json.createObjectBuilder()
                    .add("table", mark.table())
                    .add("height", mark.height())
                    .add("top", mark.top())));
    JsonArrayBuilder departures = Json.createArrayBuilder();
    contents
        .departures()
        .values()
        .forEach(each ->
            departures.add(
                Json.createObjectBuilder()
                    .add("store", each.store())
                    .add("why", each.why())
                    .add("at", each.at().toString())
                    .add("told", each.told())));
    JsonObjectBuilder json = Json.createObjectBuilder();
    contents.origin().ifPresent(origin -> json.add("origin", origin));
    atomically.replace(file, json.add("marks", marks).add("departures", departures).build() + "\n");
  }

  private static Contents contents(JsonObject json) {
    Map<String, TableMark> marks = new TreeMap<>();
    JsonObject kept = json.getJsonObject("marks");
    kept.keySet().forEach(store -> marks.put(store, mark(kept.getJsonObject(store))));
    Map<String, Departure> departures = new TreeMap<>();
    for (JsonObject each : json.getJsonArray("departures").getValuesAs(JsonObject.class)) {
      Departure departure =
          new Departure(
              each.getString("store"),
              each.getString("why"),
              Instant.parse(each.getString("at")),
              each.getBoolean("told"));
      departures.put(departure.store(), departure);
    }
    return new Contents(
        json.containsKey("origin")
            ? OptionalLong.of(json.getJsonNumber("origin").longValueExact())
            : OptionalLong.empty(),
        marks,
        departures);
  }

  private static TableMark mark(JsonObject json) {
    return new TableMark(
        json.getString("table"),
        json.getJsonNumber("height").longValueExact(),
        json.getString("top"));
  }

  @Override
  public String toString() {
    return file.toString();
  }
}
