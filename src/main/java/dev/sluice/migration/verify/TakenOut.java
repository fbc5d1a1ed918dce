package dev.sluice.migration.verify;

import dev.sluice.files.NdjsonLog;
import dev.sluice.reading.Reading;
import jakarta.json.Json;
import jakarta.json.stream.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Collection;

/**
 * The readings a repair takes out of QuestDB, kept in a file before they go: one that MySQL refused
 * for good may be nowhere else. Each line is a reading as {@code POST /v1/readings} takes it.
 * Confined to one thread.
 */
final class TakenOut {
  private final NdjsonLog log;

  /**
   * @param file made with its folder when it is first needed; only ever appended to
   */
  TakenOut(Path file) {
    this.log = new NdjsonLog(file);
  }

  /**
   * Adds the readings, durably.
   *
   * @throws IOException when they may not be kept: then they must stay where they are
   */
  void keep(Collection<Reading> readings) throws IOException {
    StringBuilder lines = new StringBuilder();
    readings.forEach(reading -> lines.append(line(reading)).append('\n'));
    log.appendAndSync(lines);
  }

  private static String line(Reading reading) {
    StringWriter text = new StringWriter();
    // A generator writes a double as Java spells it; an object would lose the sign of -0.0.
    try (JsonGenerator json = Json.createGenerator(text)) {
      json.writeStartObject()
          .write("device_id", reading.device())
          .write("metric", reading.metric())
          .write("ts", MismatchFiles.text(reading.tsMicros()))
          .write("value", reading.value())
          .writeEnd();
    }
    return text.toString();
  }
}
