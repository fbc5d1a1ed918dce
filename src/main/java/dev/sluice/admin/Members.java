package dev.sluice.admin;

import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The members of a request's JSON object, each read as the type it must have. Immutable. A missing
 * member and a null one are the same.
 *
 * @param json the request's object
 */
record Members(JsonObject json) {
  private static final int MOST_SHOWN = 60;

  /** Refuses all other members: a misspelt one must not be ignored. */
  void allowOnly(String... names) throws InvalidException {
    Collection<String> allowed = List.of(names);
    for (String name : json.keySet()) {
      if (!allowed.contains(name)) {
        throw new InvalidException(
            "member "
                + shown(name)
                + " is not allowed here, allowed are "
                + String.join(", ", names));
      }
    }
  }

  boolean has(String name) {
    return present(name) != null;
  }

  /** A text of at most {@code most} characters, none of them a control character. */
  Optional<String> text(String name, int most) throws InvalidException {
    JsonValue value = present(name);
    if (value == null) {
      return Optional.empty();
    }
    if (!(value instanceof JsonString string)) {
      throw wrong(name, value, "a text");
    }
    String text = string.getString();
    if (text.length() > most) {
      throw new InvalidException(
          name + " has " + text.length() + " characters, allowed are at most " + most);
    }
    if (text.chars().anyMatch(Character::isISOControl)) {
      throw wrong(name, value, "a text without control characters");
    }
    return Optional.of(text);
  }

  /** A required text; {@code otherwise} ends the error message if it is missing or blank. */
  String needed(String name, int most, String otherwise) throws InvalidException {
    return text(name, most)
        .filter(text -> !text.isBlank())
        .orElseThrow(() -> new InvalidException(name + " is missing: " + otherwise));
  }

  /** One of these values, given by its label. */
  <T> Optional<T> oneOf(String name, T[] values, Function<T, String> label)
      throws InvalidException {
    JsonValue given = present(name);
    if (given == null) {
      return Optional.empty();
    }
    Optional<T> chosen =
        given instanceof JsonString string
            ? Arrays.stream(values)
                .filter(value -> label.apply(value).equals(string.getString()))
                .findFirst()
            : Optional.empty();
    if (chosen.isEmpty()) {
      throw wrong(name, given, labels(values, label));
    }
    return chosen;
  }

  /** One of these values, given by its label; required. */
  <T> T neededOneOf(String name, T[] values, Function<T, String> label) throws InvalidException {
    return oneOf(name, values, label)
        .orElseThrow(
            () -> new InvalidException(name + " is missing, allowed are " + labels(values, label)));
  }

  /** A boolean; false if it is missing. */
  boolean flag(String name) throws InvalidException {
    JsonValue value = present(name);
    if (value == null || value.getValueType() == JsonValue.ValueType.FALSE) {
      return false;
    }
    if (value.getValueType() != JsonValue.ValueType.TRUE) {
      throw wrong(name, value, "true, false");
    }
    return true;
  }

  /** A required whole number, from 0 up to {@code most}. */
  long count(String name, long most, String otherwise) throws InvalidException {
    JsonValue value = present(name);
    if (value == null) {
      throw new InvalidException(name + " is missing: " + otherwise);
    }
    try {
      if (value instanceof JsonNumber number) {
        long count = number.bigDecimalValue().longValueExact();
        if (count >= 0 && count <= most) {
          return count;
        }
      }
    } catch (ArithmeticException e) {
      // a fraction, or beyond any long: refused below like every other
    }
    throw wrong(name, value, "whole numbers from 0 to " + most);
  }

  /** An object whose members are texts; empty if it is missing. */
  Map<String, String> texts(String name) throws InvalidException {
    JsonValue value = present(name);
    if (value == null) {
      return Map.of();
    }
    if (!(value instanceof JsonObject object)) {
      throw wrong(name, value, "an object of texts");
    }
    Map<String, String> texts = new TreeMap<>();
    for (Map.Entry<String, JsonValue> entry : object.entrySet()) {
      if (!(entry.getValue() instanceof JsonString string)) {
        throw wrong(name + "." + shown(entry.getKey()), entry.getValue(), "a text");
      }
      texts.put(entry.getKey(), string.getString());
    }
    return texts;
  }

  private static <T> String labels(T[] values, Function<T, String> label) {
    return Arrays.stream(values).map(label).collect(Collectors.joining(", "));
  }

  private @Nullable JsonValue present(String name) {
    JsonValue value = json.get(name);
    return value == null || value.getValueType() == JsonValue.ValueType.NULL ? null : value;
  }

  private static InvalidException wrong(String name, JsonValue value, String allowed) {
    return new InvalidException(
        name + " is " + shown(value.toString()) + ", allowed are " + allowed);
  }

  /** The beginning of what a client sent, to be named in an error message. */
  static String shown(String text) {
    return text.length() <= MOST_SHOWN ? text : text.substring(0, MOST_SHOWN) + "…";
  }
}
