package dev.sluice.migration.parity;

import dev.sluice.files.NdjsonLog;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The parity map's file, {@code parity.ndjson}: one JSON object a line, a later line of an hour
 * replacing the earlier. Used under the map's lock only.
 *
 * <p>A last line that a crash tore counts for nothing: what it would have told was not yet acted
 * on. Damage anywhere else means that nothing is known. A file that could not be appended to is
 * taken away, so that no later process believes it, and written anew with the next change.
 */
final class ParityLog {
  private static final Logger LOG = LoggerFactory.getLogger(ParityLog.class);

  /** Before the keys under which a successor is told the lines. */
  private static final String KEY = "parity/";

  private static final String ORIGIN = KEY + "origin";
  private static final String COMPLETE_PASS = KEY + "complete-pass";

  private final NdjsonLog log;

  /** Lines in the file; negative when there is none that may be added to. */
  private long lines = -1;

  ParityLog(Path directory) {
    this.log = new NdjsonLog(file(directory));
  }

  private static Path file(Path directory) {
    return directory.resolve("parity.ndjson");
  }

  /** Puts what a successor was told in the place of any file there is. */
  static void inherit(Path directory, Map<String, String> told) throws IOException {
    StringBuilder text = new StringBuilder();
    new TreeMap<>(told).forEach((key, line) -> text.append(key.startsWith(KEY) ? line : ""));
    new NdjsonLog(file(directory)).rewrite(text);
  }

  /** All that is kept. */
  static final class Contents {
    OptionalLong origin = OptionalLong.empty();
    Optional<Instant> completePassAt = Optional.empty();
    final HourTable hours = new HourTable();
  }

  /** What is kept; nothing when there is no file or it cannot be understood. */
  Contents read() throws IOException {
    Contents contents = new Contents();
    if (!log.exists()) {
      return contents;
    }
    try {
      NdjsonLog.Contents read = log.read((text, from, end) -> take(text, from, end, contents));
      lines = read.torn() ? -1 : read.lines();
      return contents;
    } catch (NdjsonLog.DamagedException e) {
      Path aside = log.setAside(".damaged");
      LOG.warn(
          "The parity map {} is damaged at byte {} ({}): every hour counts as unverified; the"
              + " damaged file is kept as {}",
          log,
          e.position(),
          String.valueOf(e.getCause()),
          aside);
      return new Contents();
    }
  }

  private static void take(byte[] text, int from, int end, Contents into) {
    if (text[from + 2] == 'h') {
      into.hours.put(HourLine.parse(text, from, end));
      return;
    }
    JsonObject json;
    // Damaged bytes are text as well, which the parser refuses.
    String line = new String(text, from, end - from, StandardCharsets.ISO_8859_1);
    try (JsonReader reader = Json.createReader(new StringReader(line))) {
      json = reader.readObject();
    }
    if (json.containsKey("origin")) {
      into.origin = OptionalLong.of(json.getJsonNumber("origin").longValueExact());
    } else {
      into.completePassAt = Optional.of(Instant.parse(json.getString("complete_pass_at")));
    }
  }

  /** Writes all of it anew; a crash leaves the old file or the new one. */
  void rewrite(Contents contents) throws IOException {
    log.rewrite(Lines.of(contents).text());
    lines = contents.hours.size() + 2L;
  }

  /**
   * Adds lines, all of them or in effect none. When that fails the file is gone and {@link
   * #writable} is false.
   *
   * @param sync whether they, and all before them, are on disk when this returns
   * @throws IOException when an outdated file may be left behind: what the lines say must not be
   *     acted on
   */
  void append(Lines more, boolean sync) throws IOException {
    try {
      // A file begun anew would lack all that was known before.
      if (!log.exists()) {
        throw new NoSuchFileException(log.toString());
      }
      if (sync) {
        log.appendAndSync(more.text());
      } else {
        log.append(more.text());
      }
      lines += more.byKey.size();
    } catch (IOException e) {
      LOG.warn(
          "The parity map {} cannot be added to ({}): it is removed, and rewritten with the next"
              + " change; until then a restart finds every hour unverified",
          log,
          e.toString());
      discard();
    }
  }

  /** Lines of the file, each under the key by which a successor is told it. */
  static final class Lines {
    private final Map<String, String> byKey = new LinkedHashMap<>();

    /** All there are. */
    static Lines of(Contents contents) {
      Lines all = new Lines();
      contents.origin.ifPresent(all::origin);
      for (int row = 0; row < contents.hours.size(); row++) {
        all.hour(contents.hours.get(row));
      }
      // Last, as it speaks of all hours before it.
      contents.completePassAt.ifPresent(all::completePass);
      return all;
    }

    private void origin(long origin) {
      byKey.put(ORIGIN, line(Json.createObjectBuilder().add("origin", origin).build()));
    }

    Lines hour(HourParity hour) {
      StringBuilder text = new StringBuilder();
      HourLine.append(text, hour);
      byKey.put(KEY + Hours.name(hour.hourMicros()), text.toString());
      return this;
    }

    Lines completePass(Instant at) {
      byKey.put(
          COMPLETE_PASS,
          line(Json.createObjectBuilder().add("complete_pass_at", at.toString()).build()));
      return this;
    }

    Map<String, String> byKey() {
      return byKey;
    }

    private String text() {
      return String.join("", byKey.values());
    }

    private static String line(JsonObject json) {
      return json + "\n";
    }
  }

  /** Whether there is a file that {@link #append} may add to; otherwise it is to be rewritten. */
  boolean writable() {
    return lines >= 0;
  }

  long lines() {
    return lines;
  }

  /** Takes the file away, for good. */
  void discard() throws IOException {
    lines = -1;
    log.delete();
  }
}
