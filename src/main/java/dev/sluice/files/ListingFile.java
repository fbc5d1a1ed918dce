package dev.sluice.files;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A list of rows for a person to look at, one JSON object a line, bounded in bytes: at the limit
 * the last line says that there is more. Confined to one thread; lines are on disk after {@link
 * #sync()}.
 */
public final class ListingFile implements AutoCloseable {
  private static final int BUFFER_CHARS = 64 << 10;

  private final NdjsonLog log;
  private final long maxBytes;
  private final StringBuilder buffer = new StringBuilder();
  private long size;
  private boolean full;

  private ListingFile(NdjsonLog log, long maxBytes) throws IOException {
    this.log = log;
    this.maxBytes = maxBytes;
    this.size = log.bytes();
    this.full = size >= maxBytes;
  }

  /** An empty file, in the place of any older one. */
  public static ListingFile anew(Path file, long maxBytes) throws IOException {
    NdjsonLog log = new NdjsonLog(file);
    log.rewrite("");
    return new ListingFile(log, maxBytes);
  }

  /** The file as it is, to be added to. What a crash tore stays on a line of its own. */
  public static ListingFile append(Path file, long maxBytes) throws IOException {
    return new ListingFile(new NdjsonLog(file), maxBytes);
  }

  /** False when there is no more room; the row is not listed then. */
  public boolean add(JsonObject row) throws IOException {
    String line = row + "\n";
    if (full || size + bytes(line) + bytes(closingLine()) > maxBytes) {
      put(full ? "" : closingLine());
      full = true;
      return false;
    }
    put(line);
    return true;
  }

  /** Brings all lines to the disk, and the file itself. */
  public void sync() throws IOException {
    log.appendAndSync(buffer);
    buffer.setLength(0);
  }

  @Override
  public void close() throws IOException {
    if (!buffer.isEmpty()) {
      flush();
    }
  }

  private String closingLine() {
    JsonObject line =
        Json.createObjectBuilder()
            .add("class", "unlisted")
            .add(
                "reason",
                "file limit of "
                    + maxBytes
                    + " bytes reached: further differences are counted but not listed")
            .build();
    return line + "\n";
  }

  private static int bytes(String line) {
    return line.getBytes(StandardCharsets.UTF_8).length;
  }

  private void put(String line) throws IOException {
    buffer.append(line);
    size += bytes(line);
    if (buffer.length() >= BUFFER_CHARS) {
      flush();
    }
  }

  private void flush() throws IOException {
    log.append(buffer);
    buffer.setLength(0);
  }
}
