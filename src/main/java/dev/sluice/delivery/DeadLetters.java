package dev.sluice.delivery;

import dev.sluice.files.NdjsonLog;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import jakarta.json.Json;
import java.io.IOException;
import java.nio.file.Path;
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
  private final NdjsonLog log;
  private final String sink;

  DeadLetters(Path file, String sink, long maxBytes) {
    this.log =
        new NdjsonLog(
            file,
            maxBytes,
            "(dead-letters.max-bytes): find out why so many readings are refused, then resend the"
                + " file or move it away");
    this.sink = sink;
  }

  /**
   * Appends and syncs reading {@code i} of the batch; fails when the disk does, or at the limit.
   */
  void write(ReadingBatch batch, int i, String reason, Instant now) throws IOException {
    log.appendAndSync(line(batch.reading(i), batch.firstOffset() + i, reason, now) + "\n");
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
