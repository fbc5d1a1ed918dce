package dev.sluice.migration;

import dev.sluice.reading.Identity;
import dev.sluice.reading.Micros;
import dev.sluice.store.ReadingSource.UnavailableException;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import jakarta.json.JsonReaderFactory;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The identities that MySQL permanently refused during this mirror. For these, MySQL's row is older
 * than the one the mirror brought to QuestDB, and must not be copied over it. Read from MySQL's
 * dead-letter file, and again as the file grows. Confined to one thread.
 */
public final class DeadLettered {
  /** The most identities kept in memory, about 40 MB of them. */
  static final int MAX = 200_000;

  private static final int BLOCK_BYTES = 1 << 20;
  private static final JsonReaderFactory JSON = Json.createReaderFactory(Map.of());

  private final Path file;
  private final long origin;
  private final Set<Identity> identities = new HashSet<>();
  private final Set<Long> instants = new HashSet<>();
  private long position;

  /**
   * Reads nothing yet.
   *
   * @param file the dead-letter file of MySQL's delivery
   * @param origin the offset at which the mirror began: what was refused before it never reached
   *     QuestDB
   */
  public DeadLettered(Path file, long origin) {
    this.file = file;
    this.origin = origin;
  }

  public boolean contains(Identity identity) {
    return instants.contains(identity.tsMicros()) && identities.contains(identity);
  }

  /** A cheap check: whether any identity with this ts was refused. */
  public boolean mayContain(long tsMicros) {
    return instants.contains(tsMicros);
  }

  /**
   * Reads what was added since the last call. Identities are kept even if the file is moved away.
   */
  public void readOn() throws UnavailableException {
    if (!Files.exists(file)) {
      position = 0;
      return;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      position = size < position ? 0 : position;
      int taken = 1;
      while (position < size && taken > 0) {
        taken = block(channel, size);
        position += taken;
      }
    } catch (IOException e) {
      throw new UnavailableException("the dead letters " + file + " cannot be read: " + e, e);
    }
  }

  /** Reads the complete lines of the next block; returns how many bytes they take. */
  private int block(FileChannel channel, long size) throws IOException, UnavailableException {
    ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(size - position, BLOCK_BYTES));
    while (bytes.hasRemaining() && channel.read(bytes, position + bytes.position()) >= 0) {}
    int end = bytes.position();
    while (end > 0 && bytes.get(end - 1) != '\n') {
      end--;
    }
    String lines = new String(bytes.array(), 0, end, StandardCharsets.UTF_8);
    for (String line : lines.split("\n", -1)) {
      if (!line.isBlank()) {
        take(line);
      }
    }
    return end;
  }

  /** A line that a crash tore or a person edited is skipped. */
  private void take(String line) throws UnavailableException {
    try (JsonReader reader = JSON.createReader(new StringReader(line))) {
      JsonObject json = reader.readObject();
      if (Long.parseLong(json.getString("offset")) < origin) {
        return;
      }
      long ts = Micros.of(Instant.parse(json.getString("ts")));
      identities.add(new Identity(json.getString("device_id"), json.getString("metric"), ts));
      instants.add(ts);
    } catch (RuntimeException e) {
      return;
    }
    if (identities.size() > MAX) {
      throw new UnavailableException(
          ("MySQL refused more than %s readings permanently, too many to tell apart from the"
                  + " rows to copy: find out why, resend %s and move it away")
              .formatted(MAX, file),
          null);
    }
  }
}
