package dev.sluice.files;

import jakarta.json.JsonObject;

/**
 * How the values of a {@link JsonFile} are spelled in JSON, and what the file is called in
 * messages. Stateless.
 *
 * @param <T> the kind of value, immutable
 */
public interface JsonForm<T> {
  /** The value as JSON. */
  JsonObject json(T value);

  /**
   * The value that {@link #json} wrote.
   *
   * @throws RuntimeException of any kind, with a message for a person, when it is something else:
   *     what JSON-P, {@code java.time} and enums throw will do
   */
  T read(JsonObject json);

  /** What a person calls the file, as {@code the phase file}. */
  String name();

  /** What follows, or what to do next, when the file cannot be understood. */
  String advice();
}
