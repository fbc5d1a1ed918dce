package dev.sluice.cli.text;

import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonException;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import jakarta.json.JsonReaderFactory;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.io.StringReader;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;

/**
 * A JSON object from the admin port, read leniently: the Sluice that answers may be older or newer
 * than this one, so a member that is missing, null or of another type counts as absent. Immutable.
 *
 * @param json the object received
 */
public record Answer(JsonObject json) {
  /** By default Parsson stops after 15 million characters; a parity map of ten years has more. */
  private static final JsonReaderFactory READERS =
      Json.createReaderFactory(Map.of("org.eclipse.parsson.maxParsingLimit", Integer.MAX_VALUE));

  /**
   * Parses the body of an answer.
   *
   * @param what names the answer in an error message
   * @throws CommandException if it is not a JSON object
   */
  public static Answer of(String body, String what) throws CommandException {
    try (JsonReader reader = READERS.createReader(new StringReader(body))) {
      return new Answer(reader.readObject());
    } catch (JsonException e) {
      throw new CommandException(
          "the answer is not " + what + " of a Sluice server: " + e.getMessage());
    }
  }

  /** The text, number or boolean with this name, as text; empty if absent. */
  public String text(String name) {
    return switch (json.getOrDefault(name, JsonValue.NULL)) {
      case JsonString string -> string.getString();
      case JsonValue value when value.getValueType() == JsonValue.ValueType.NULL -> "";
      case JsonValue value -> value.toString();
    };
  }

  /** Same as {@link #text(String)}, or {@code otherwise} if absent. */
  public String text(String name, String otherwise) {
    String text = text(name);
    return text.isEmpty() ? otherwise : text;
  }

  OptionalLong whole(String name) {
    return json.get(name) instanceof JsonNumber number
        ? OptionalLong.of(number.longValue())
        : OptionalLong.empty();
  }

  /** Same as {@link #whole}, or 0 if absent. */
  public long count(String name) {
    return whole(name).orElse(0);
  }

  OptionalDouble number(String name) {
    return json.get(name) instanceof JsonNumber number
        ? OptionalDouble.of(number.doubleValue())
        : OptionalDouble.empty();
  }

  public boolean is(String name) {
    return json.getOrDefault(name, JsonValue.NULL).getValueType() == JsonValue.ValueType.TRUE;
  }

  /** The object with this name; empty if absent. */
  public Optional<Answer> object(String name) {
    return json.get(name) instanceof JsonObject object
        ? Optional.of(new Answer(object))
        : Optional.empty();
  }

  /** The object with this name; one without members if absent. */
  public Answer in(String name) {
    return object(name).orElse(new Answer(JsonValue.EMPTY_JSON_OBJECT));
  }

  /** The objects in the array with this name. */
  List<Answer> objects(String name) {
    return array(name).stream()
        .filter(JsonObject.class::isInstance)
        .map(value -> new Answer(value.asJsonObject()))
        .toList();
  }

  /** The texts in the array with this name. */
  List<String> texts(String name) {
    return array(name).stream()
        .filter(JsonString.class::isInstance)
        .map(value -> ((JsonString) value).getString())
        .toList();
  }

  Set<String> names() {
    return json.keySet();
  }

  private JsonArray array(String name) {
    return json.get(name) instanceof JsonArray array ? array : JsonValue.EMPTY_JSON_ARRAY;
  }
}
