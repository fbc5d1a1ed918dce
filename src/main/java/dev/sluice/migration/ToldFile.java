package dev.sluice.migration;

import dev.sluice.files.AtomicFile;
import dev.sluice.files.JsonFile;
import dev.sluice.files.JsonForm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** One value in a {@link JsonFile} of which a successor is told. One writer at a time. */
public final class ToldFile<T> {
  private final JsonFile<T> file;
  private final String what;
  private final String key;
  private final Successor successor;

  /**
   * @param key under which it is told
   */
  public ToldFile(Path file, JsonForm<T> form, String key, Successor successor) {
    this(file, form, key, successor, new AtomicFile());
  }

  public ToldFile(Path file, JsonForm<T> form, String key, Successor successor, AtomicFile writer) {
    this.file = new JsonFile<>(file, form, writer);
    this.what = form.name();
    this.key = key;
    this.successor = successor;
  }

  /** As {@link JsonFile#read}. */
  public Optional<T> read() throws IOException {
    return file.read();
  }

  /** The successor could not be told: this process is about to be followed by it. */
  public static final class UntoldException extends IOException {
    private static final long serialVersionUID = 1;

    private UntoldException(String what, IOException cause) {
      super(what + " is not kept for the next leader: " + cause.getMessage(), cause);
    }
  }

  /**
   * Writes the value and tells the successor.
   *
   * @throws UntoldException if it is not told, and so not what the next leader finds
   * @throws IOException if it may not survive a power cut
   */
  public void write(T value) throws IOException {
    file.write(value);
    try {
      successor.tell(told(value));
    } catch (IOException e) {
      throw new UntoldException(what, e);
    }
  }

  /**
   * Writes the value, and has the successor told within about a second.
   *
   * @throws IOException if it may not survive a power cut
   */
  public void writeAndTellLater(T value) throws IOException {
    file.write(value);
    told(value).forEach(successor::tellLater);
  }

  /** What a successor is told of this value. */
  public Map<String, String> told(T value) {
    return Map.of(key, file.text(value));
  }

  /** Puts what a successor was told in the place of the value there is. */
  public void inherit(Map<String, String> told) throws IOException {
    String text = told.get(key);
    if (text == null) {
      file.delete();
    } else {
      file.writeText(text);
    }
  }

  /** Its path, for messages. */
  @Override
  public String toString() {
    return file.toString();
  }
}
