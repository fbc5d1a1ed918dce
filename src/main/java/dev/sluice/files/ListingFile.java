package dev.sluice.files;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A list of rows for a person to look at, one JSON object a line, bounded in bytes: at the limit
 * the last line says that there is more. Confined to one thread; lines are on disk after {@link
 * #sync()}.
 */
public final class ListingFile implements AutoCloseable {
  private final Path file;
  private final long maxBytes;
  private final FileChannel channel;
  private final ByteBuffer buffer = ByteBuffer.allocate(64 << 10);
  private long size;
  private boolean full;

  private ListingFile(Path file, long maxBytes, FileChannel channel) throws IOException {
    this.file = file;
    this.maxBytes = maxBytes;
    this.channel = channel;
    this.size = channel.size();
    this.full = size >= maxBytes;
  }

  /** An empty file, in the place of any older one. */
  public static ListingFile anew(Path file, long maxBytes) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    return new ListingFile(
        file,
        maxBytes,
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE));
  }

  /** The file as it is, to be added to. What a crash tore stays on a line of its own. */
  public static ListingFile append(Path file, long maxBytes) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    ListingFile listing = new ListingFile(file, maxBytes, channel);
    ByteBuffer last = ByteBuffer.allocate(1);
    channel.position(listing.size);
    if (listing.size > 0 && channel.read(last, listing.size - 1) == 1 && last.get(0) != '\n') {
      listing.put(new byte[] {'\n'});
    }
    return listing;
  }

  /** False when there is no more room; the row is not listed then. */
  public boolean add(JsonObject row) throws IOException {
    byte[] line = line(row);
    if (full || size + line.length + closingLine().length > maxBytes) {
      close(full ? new byte[0] : closingLine());
      return false;
    }
    put(line);
    return true;
  }

  /** Brings all lines to the disk, and the file itself. */
  public void sync() throws IOException {
    flush();
    channel.force(true);
    try (FileChannel directory =
        FileChannel.open(file.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
      directory.force(true);
    }
  }

  @Override
  public void close() throws IOException {
    try (channel) {
      flush();
    }
  }

  private void close(byte[] closing) throws IOException {
    put(closing);
    full = true;
  }

  private byte[] closingLine() {
    return line(
        Json.createObjectBuilder()
            .add("class", "unlisted")
            .add(
                "reason",
                "this file may hold " + maxBytes + " bytes: there is more, counted but not listed")
            .build());
  }

  private static byte[] line(JsonObject row) {
    return (row + "\n").getBytes(StandardCharsets.UTF_8);
  }

  private void put(byte[] bytes) throws IOException {
    for (int at = 0; at < bytes.length; ) {
      if (!buffer.hasRemaining()) {
        flush();
      }
      int part = Math.min(buffer.remaining(), bytes.length - at);
      buffer.put(bytes, at, part);
      at += part;
    }
    size += bytes.length;
  }

  private void flush() throws IOException {
    buffer.flip();
    try {
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
    } finally {
      buffer.compact();
    }
  }
}
