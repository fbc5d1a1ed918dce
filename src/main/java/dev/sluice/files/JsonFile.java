package dev.sluice.files;

import jakarta.json.Json;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * One value in a file of its own, as a JSON object on one line. Keeps no copy of it: each call goes
 * to the disk. A crash leaves the old value or the new one. One writer at a time.
 */
public final class JsonFile<T> {
  private final Path file;
  private final JsonForm<T> form;
  private final AtomicFile writer;

  public JsonFile(Path file, JsonForm<T> form) {
    this(file, form, new AtomicFile());
  }

  public JsonFile(Path file, JsonForm<T> form, AtomicFile writer) {
    this.file = file;
    this.form = form;
    this.writer = writer;
  }

  /** The file is there, and does not hold what its form can read. */
  public static final class NotUnderstoodException extends IOException {
    private static final long serialVersionUID = 1;

    private NotUnderstoodException(String message, RuntimeException cause) {
      super(message, cause);
    }
  }

  /**
   * The value; empty when there is no file. Changes nothing.
   *
   * @throws NotUnderstoodException when the file holds something else, with the form's advice
   * @throws IOException when the file cannot be opened
   */
  public Optional<T> read() throws IOException {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try (JsonReader reader = Json.createReader(Files.newBufferedReader(file))) {
      return Optional.of(form.read(reader.readObject()));
    } catch (RuntimeException e) {
      throw new NotUnderstoodException(
          "%s %s cannot be understood (%s): %s"
              .formatted(form.name(), file, e.getMessage(), form.advice()),
          e);
    }
  }

  /**
   * Puts the value in the place of any older one, creating missing directories.
   *
   * @throws IOException when it may not survive a power cut; whether it is there, only {@link
   *     #read} tells
   */
  public void write(T value) throws IOException {
    writeText(text(value));
  }

  /**
   * As {@link #write} does, of a value that {@link #text} has spelled; whether it is one, is not
   * checked.
   */
  public void writeText(String text) throws IOException {
    writer.replace(file, text);
  }

  /** What {@link #write} writes. */
  public String text(T value) {
    return form.json(value) + "\n";
  }

  /** Leaves no value. */
  public void delete() throws IOException {
    Files.deleteIfExists(file);
  }

  /** Its path, for messages. */
  @Override
  public String toString() {
    return file.toString();
  }
}
