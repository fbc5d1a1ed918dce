package dev.sluice.delivery;

import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import jakarta.json.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * The readings one store refused for good, one JSON object a line, oldest first. Confined to the
 * delivery thread.
 *
 * <p>A line is a reading that {@code POST /v1/readings} takes as {@code application/x-ndjson}; what
 * is not part of the reading is a string and so a label, which ingest ignores:
 *
 * <pre>{"device_id":"s-17","metric":"temp","ts":"2026-11-21T22:00:00.123456Z","value":21.5,
 *  "reason":"…","sink":"mysql","offset":"4711","refused_at":"2026-11-21T22:00:01Z"}</pre>
 *
 * <p>A line is on disk when {@link #write} returns. A crash between that and the cursor's move
 * writes the line a second time after the restart, with the same offset. A file at its limit takes
 * no more: delivery then waits, visibly, for a person to look at it.
 */
final class DeadLetters {
  private final Path file;
  private final String sink;
  private final long maxBytes;

  DeadLetters(Path file, String sink, long maxBytes) {
    this.file = file;
    this.sink = sink;
    this.maxBytes = maxBytes;
  }

  /**
   * Appends and syncs reading {@code i} of the batch; fails when the disk does, or at the limit.
   */
  void write(ReadingBatch batch, int i, String reason, Instant now) throws IOException {
    byte[] line =
        (line(batch.reading(i), batch.firstOffset() + i, reason, now) + "\n")
            .getBytes(StandardCharsets.UTF_8);
    Files.createDirectories(file.toAbsolutePath().getParent());
    boolean created = !Files.exists(file);
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      append(channel, ByteBuffer.wrap(line));
    }
    if (created) {
      syncDirectory();
    }
  }

  /** A write that fails half way is taken back, so that the next line starts on its own. */
  private void append(FileChannel channel, ByteBuffer line) throws IOException {
    long end = channel.size();
    if (end + 1 + line.remaining() > maxBytes) {
      throw new IOException(
          "it holds "
              + end
              + " bytes, allowed are "
              + maxBytes
              + " (dead-letters.max-bytes): find out why so many readings are refused, then send"
              + " the file again or move it away");
    }
    channel.position(end);
    try {
      if (end > 0 && !endsALine(channel, end)) {
        channel.write(ByteBuffer.wrap(new byte[] {'\n'}));
      }
      while (line.hasRemaining()) {
        channel.write(line);
      }
      channel.force(true);
    } catch (IOException e) {
      channel.truncate(end);
      throw e;
    }
  }

  /** False after a crash in the middle of a line: what it tore must not spoil the next one. */
  private static boolean endsALine(FileChannel channel, long end) throws IOException {
    ByteBuffer last = ByteBuffer.allocate(1);
    return channel.read(last, end - 1) == 1 && last.get(0) == '\n';
  }

  private void syncDirectory() throws IOException {
    try (FileChannel directory =
        FileChannel.open(file.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
      directory.force(true);
    }
  }

  private String line(Reading reading, long offset, String reason, Instant now) {
    return Json.createObjectBuilder()
        .add("device_id", reading.device())
        .add("metric", reading.metric())
        .add("ts", Instant.EPOCH.plus(reading.tsMicros(), ChronoUnit.MICROS).toString())
        .add("value", reading.value())
        .add("reason", reason)
        .add("sink", sink)
        .add("offset", Long.toString(offset))
        .add("refused_at", now.truncatedTo(ChronoUnit.SECONDS).toString())
        .build()
        .toString();
  }
}
