package dev.sluice.cutover;

import jakarta.json.Json;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * Keeps the phase in {@code <data.dir>/phase.json}. Not thread-safe.
 *
 * <p>The file is written beside its place, synced, renamed and the directory synced: a crash leaves
 * the old record or the new one. A file that cannot be understood is an error, never a guess: the
 * wrong phase would send reads and writes to the wrong store.
 */
public final class PhaseStore {
  private final Path directory;
  private final Path file;

  /**
   * @param dataDirectory {@code data.dir}; created when there is none
   */
  public PhaseStore(Path dataDirectory) {
    this.directory = dataDirectory;
    this.file = dataDirectory.resolve("phase.json");
  }

  /**
   * The kept record; empty on a new data directory. Changes nothing.
   *
   * @throws IOException when the file cannot be read or understood
   */
  public Optional<PhaseRecord> kept() throws IOException {
    return Files.exists(file) ? Optional.of(read()) : Optional.empty();
  }

  /**
   * The kept record, or, on a new data directory, this first one, which is then kept.
   *
   * @throws IOException when the file cannot be read, understood or written
   */
  public PhaseRecord openWith(Phase initial, Instant now) throws IOException {
    Optional<PhaseRecord> kept = kept();
    if (kept.isPresent()) {
      return kept.orElseThrow();
    }
    PhaseRecord first =
        new PhaseRecord(
            initial,
            1,
            "configuration",
            Instant.ofEpochMilli(now.toEpochMilli()),
            "cutover.initial-phase of a new data directory");
    write(first);
    return first;
  }

  private PhaseRecord read() throws IOException {
    try (JsonReader reader = Json.createReader(Files.newBufferedReader(file))) {
      JsonObject json = reader.readObject();
      return new PhaseRecord(
          Phase.valueOf(json.getString("phase").toUpperCase(Locale.ROOT)),
          json.getJsonNumber("epoch").longValueExact(),
          json.getString("by"),
          Instant.parse(json.getString("at")),
          json.getString("reason"));
    } catch (JsonException
        | IllegalArgumentException
        | DateTimeException
        | ArithmeticException
        | ClassCastException
        | NullPointerException e) {
      throw new IOException(
          "the phase file "
              + file
              + " cannot be understood ("
              + e.getMessage()
              + "): restore it from a backup, or, knowing which phase was in force, delete it and"
              + " set cutover.initial-phase to that phase",
          e);
    }
  }

  private void write(PhaseRecord phase) throws IOException {
    Files.createDirectories(directory);
    String json =
        Json.createObjectBuilder()
            .add("phase", phase.phase().label())
            .add("epoch", phase.epoch())
            .add("by", phase.by())
            .add("at", phase.at().toString())
            .add("reason", phase.reason())
            .build()
            .toString();
    Path next = directory.resolve("phase.json.next");
    try (FileChannel channel =
        FileChannel.open(
            next,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.wrap((json + "\n").getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
