package dev.sluice.journal.move;

import dev.sluice.files.JsonForm;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * How far a move is, as {@code <data.dir>/journal-move.json} keeps it: all that was read before
 * {@code place} is durably in the new journal, and what is said of the sinks is true of that.
 *
 * @param place as {@link dev.sluice.journal.Remains#place} has it; empty if it must begin at the
 *     start
 * @param end of the new journal then, as a mark's name; there with the place
 * @param sinks by name
 */
record MoveState(
    JournalPlace from,
    JournalPlace to,
    Optional<String> place,
    Optional<String> end,
    Map<String, MovedSink> sinks) {

  static MoveState begin(JournalPlace from, JournalPlace to) {
    return new MoveState(from, to, Optional.empty(), Optional.empty(), Map.of());
  }

  MoveState at(String place, String end, Map<String, MovedSink> sinks) {
    return new MoveState(from, to, Optional.of(place), Optional.of(end), Map.copyOf(sinks));
  }

  /**
   * A sink on its way.
   *
   * @param at where its cursor is to be in the new journal, as a mark's name; empty while all that
   *     was moved had been passed by it
   * @param again readings behind that mark that it had passed: it gets them a second time
   * @param lost readings that it had not passed and that the old journal has lost
   */
  record MovedSink(Optional<String> at, long again, long lost) {
    static final MovedSink NOT_YET = new MovedSink(Optional.empty(), 0, 0);

    MovedSink placedAt(String mark) {
      return new MovedSink(Optional.of(mark), again, lost);
    }

    MovedSink plusAgain(long more) {
      return new MovedSink(at, again + more, lost);
    }

    MovedSink plusLost(long more) {
      return new MovedSink(at, again, lost + more);
    }
  }

  /** How it is spelled. */
  static final class Form implements JsonForm<MoveState> {
    private final JournalPlace.Form places = new JournalPlace.Form();

    @Override
    public JsonObject json(MoveState state) {
      JsonObjectBuilder sinks = Json.createObjectBuilder();
      state
          .sinks()
          .forEach((name, sink) -> {
            JsonObjectBuilder one = Json.createObjectBuilder();
            sink.at().ifPresent(mark -> one.add("at", mark));
            sinks.add(name, one.add("again", sink.again()).add("lost", sink.lost()));
          });
      JsonObjectBuilder json =
          Json.createObjectBuilder()
              .add("from", places.json(state.from()))
              .add("to", places.json(state.to()))
              .add("sinks", sinks);
      state.place().ifPresent(place -> json.add("place", place));
      state.end().ifPresent(end -> json.add("end", end));
      return json.build();
    }

    @Override
    public MoveState read(JsonObject json) {
      Map<String, MovedSink> sinks = new LinkedHashMap<>();
      json.getJsonObject("sinks")
          .forEach((name, value) -> {
            JsonObject sink = value.asJsonObject();
            sinks.put(
                name,
                new MovedSink(
                    Optional.ofNullable(sink.getString("at", null)),
                    sink.getJsonNumber("again").longValueExact(),
                    sink.getJsonNumber("lost").longValueExact()));
          });
      return new MoveState(
          places.read(json.getJsonObject("from")),
          places.read(json.getJsonObject("to")),
          Optional.ofNullable(json.getString("place", null)),
          Optional.ofNullable(json.getString("end", null)),
          sinks);
    }

    @Override
    public String name() {
      return "the state of the journal's move";
    }

    @Override
    public String advice() {
      return "restore it; or delete it, and empty the journal that journal.json does not name: what it"
          + " holds was moved there, and still is in the other one";
    }
  }
}
