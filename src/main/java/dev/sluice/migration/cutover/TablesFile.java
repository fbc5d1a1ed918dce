package dev.sluice.migration.cutover;

import dev.sluice.files.JsonFile;
import dev.sluice.files.JsonForm;
import dev.sluice.migration.Successor;
import dev.sluice.migration.ToldFile;
import dev.sluice.store.TableMark;
import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.io.IOException;
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

  private final ToldFile<Contents> file;

  TablesFile(Path file, Successor successor) {
    this.file = new ToldFile<>(file, new Form(), "tables", successor);
  }

  /** Puts what a successor was told in the place of any file there is. */
  void inherit(Map<String, String> told) throws IOException {
    file.inherit(told);
  }

  /** What a successor must be told: of no file, nothing, which is more than an empty one says. */
  Map<String, String> everything() throws IOException {
    return read().map(file::told).orElse(Map.of());
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
    try {
      return file.read();
    } catch (JsonFile.NotUnderstoodException e) {
      LOG.warn("{}", e.getMessage());
      return Optional.empty();
    }
  }

  void write(Contents contents) throws IOException {
    file.writeAndTellLater(contents);
  }

  @Override
  public String toString() {
    return file.toString();
  }

  /** How the file spells its contents. */
  private static final class Form implements JsonForm<Contents> {
    @Override
    public JsonObject json(Contents contents) {
      JsonObjectBuilder json = Json.createObjectBuilder();
      contents.origin().ifPresent(origin -> json.add("origin", origin));
      JsonObjectBuilder marks = Json.createObjectBuilder();
      contents.marks().forEach((store, mark) -> marks.add(store, json(mark)));
      JsonArrayBuilder departures = Json.createArrayBuilder();
      contents.departures().values().forEach(each -> departures.add(json(each)));
      return json.add("marks", marks).add("departures", departures).build();
    }

    private static JsonObjectBuilder json(TableMark mark) {
      return Json.createObjectBuilder()
          .add("table", mark.table())
          .add("height", mark.height())
          .add("top", mark.top());
    }

    private static JsonObjectBuilder json(Departure departure) {
      return Json.createObjectBuilder()
          .add("store", departure.store())
          .add("why", departure.why())
          .add("at", departure.at().toString())
          .add("told", departure.told());
    }

    @Override
    public Contents read(JsonObject json) {
      Map<String, TableMark> marks = new TreeMap<>();
      JsonObject kept = json.getJsonObject("marks");
      kept.keySet().forEach(store -> marks.put(store, mark(kept.getJsonObject(store))));
      Map<String, Departure> departures = new TreeMap<>();
      for (JsonObject each : json.getJsonArray("departures").getValuesAs(JsonObject.class)) {
        departures.put(each.getString("store"), departure(each));
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

    private static Departure departure(JsonObject json) {
      return new Departure(
          json.getString("store"),
          json.getString("why"),
          Instant.parse(json.getString("at")),
          json.getBoolean("told"));
    }

    @Override
    public String name() {
      return "the file of table marks";
    }

    @Override
    public String advice() {
      return "it is ignored";
    }
  }
}
