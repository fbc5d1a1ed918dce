package dev.sluice.migration.verify;

import dev.sluice.api.MismatchCounts;
import dev.sluice.files.AtomicFile;
import dev.sluice.files.PrivateFiles;
import dev.sluice.migration.parity.Hours;
import dev.sluice.migration.parity.MismatchClass;
import dev.sluice.reading.Identity;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import jakarta.json.stream.JsonGenerator;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongPredicate;

/**
 * Every mismatch by its key, one file an hour, one JSON object a line:
 *
 * <pre>{"class":"value","device_id":"s-17","metric":"temp","ts":"2026-11-22T03:00:00.123456Z",
 *  "mysql":21.5,"questdb":21.4}</pre>
 *
 * <p>A file is replaced as a whole. All files together stay within a number of bytes. Used by one
 * thread at a time: by the run, or by a repair.
 */
final class MismatchFiles {
  private static final String SUFFIX = ".ndjson";
  private static final DateTimeFormatter MICROS =
      new DateTimeFormatterBuilder()
          .appendInstant(6)
          .toFormatter(Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final AtomicFile writer = new AtomicFile();
  private final Path directory;
  private final long maxBytes;
  private final NavigableMap<Long, Long> bytesByHour = new TreeMap<>();

  MismatchFiles(Path directory, long maxBytes) {
    this.directory = directory;
    this.maxBytes = maxBytes;
  }

  /**
   * What was kept of an hour.
   *
   * @param complete false when not all fitted
   */
  record Kept(MismatchCounts counts, boolean complete) {}

  /** A mismatch as its line tells it, without the values: they may have changed since. */
  record Mismatch(MismatchClass kind, Identity identity) {}

  /** Finds the files there are; those of hours that are not wanted are removed. */
  void load(LongPredicate wanted) throws IOException {
    bytesByHour.clear();
    PrivateFiles.createDirectories(directory);
    List<Path> files;
    try (var list = Files.list(directory)) {
      files = list.toList();
    }
    for (Path file : files) {
      Optional<Long> hour = hour(file);
      if (hour.isPresent() && wanted.test(hour.orElseThrow())) {
        bytesByHour.put(hour.orElseThrow(), Files.size(file));
      } else {
        Files.delete(file);
      }
    }
  }

  long maxBytes() {
    return maxBytes;
  }

  Path directory() {
    return directory;
  }

  /** The hours of the files found or kept since {@link #load}. */
  List<Long> hours() {
    return List.copyOf(bytesByHour.keySet());
  }

  /** Replaces the hour's file by these differences, as many as fit. */
  Kept keep(long hourMicros, Path differences) throws IOException {
    long left = maxBytes - bytesByHour.values().stream().mapToLong(Long::longValue).sum();
    left += bytesByHour.getOrDefault(hourMicros, 0L);
    Fitting lines = new Fitting(differences, left);
    writer.replace(file(hourMicros), lines);
    bytesByHour.put(hourMicros, lines.bytes);
    return new Kept(lines.counts, lines.complete);
  }

  /** Counts differences, and writes as many as fit. One use. */
  private static final class Fitting implements AtomicFile.Content {
    private final Path differences;
    private final long maxBytes;
    private MismatchCounts counts = MismatchCounts.NONE;
    private boolean complete = true;
    private long bytes;

    Fitting(Path differences, long maxBytes) {
      this.differences = differences;
      this.maxBytes = maxBytes;
    }

    @Override
    public void writeTo(OutputStream out) throws IOException {
      try (DifferenceFile.Reader reader = new DifferenceFile.Reader(differences)) {
        for (var each = reader.next(); each.isPresent(); each = reader.next()) {
          Difference difference = each.orElseThrow();
          counts = counts.plus(difference.kind().one());
          byte[] line = line(difference);
          complete = complete && bytes + line.length <= maxBytes;
          if (complete) {
            out.write(line);
            bytes += line.length;
          }
        }
      }
    }
  }

  /** The hour matches, or is not known any more. */
  void remove(long hourMicros) throws IOException {
    if (bytesByHour.remove(hourMicros) != null) {
      Files.deleteIfExists(file(hourMicros));
    }
  }

  /** The mismatches of one hour, in the order of the file; to be closed. */
  Lines read(long hourMicros) throws IOException {
    return new Lines(file(hourMicros));
  }

  /** The lines of one file. */
  static final class Lines implements AutoCloseable {
    private final Path file;
    private final BufferedReader reader;

    private Lines(Path file) throws IOException {
      this.file = file;
      this.reader = Files.newBufferedReader(file);
    }

    /**
     * At most this many more; none at the end.
     *
     * @throws IOException also when a line was changed into something that cannot be understood
     */
    List<Mismatch> next(int most) throws IOException {
      List<Mismatch> mismatches = new ArrayList<>();
      while (mismatches.size() < most) {
        String line = reader.readLine();
        if (line == null) {
          return mismatches;
        }
        try {
          mismatches.add(parse(line));
        } catch (RuntimeException e) {
          throw new IOException(
              file + " has a line that is not a mismatch (" + line + "): run 'sluice verify start'",
              e);
        }
      }
      return mismatches;
    }

    @Override
    public void close() throws IOException {
      reader.close();
    }
  }

  static String text(long tsMicros) {
    return MICROS.format(Instant.EPOCH.plus(tsMicros, ChronoUnit.MICROS));
  }

  private static byte[] line(Difference difference) {
    Identity identity = difference.identity();
    StringWriter text = new StringWriter();
    // A generator writes a double as Java spells it; an object would lose the sign of -0.0.
    try (JsonGenerator json = Json.createGenerator(text)) {
      json.writeStartObject()
          .write("class", difference.kind().label())
          .write("device_id", identity.device())
          .write("metric", identity.metric())
          .write("ts", text(identity.tsMicros()));
      value(json, "mysql", difference.left());
      value(json, "questdb", difference.right());
      json.writeEnd();
    }
    return (text + "\n").getBytes(StandardCharsets.UTF_8);
  }

  private static void value(JsonGenerator json, String member, double value) {
    if (Double.isNaN(value)) {
      json.writeNull(member);
    } else {
      json.write(member, value);
    }
  }

  private static Mismatch parse(String line) {
    try (JsonReader reader = Json.createReader(new StringReader(line))) {
      JsonObject json = reader.readObject();
      long ts = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.parse(json.getString("ts")));
      return new Mismatch(
          MismatchClass.valueOf(json.getString("class").toUpperCase(Locale.ROOT)),
          new Identity(json.getString("device_id"), json.getString("metric"), ts));
    }
  }

  private Path file(long hourMicros) {
    return directory.resolve(Hours.name(hourMicros) + SUFFIX);
  }

  private static Optional<Long> hour(Path file) {
    String name = file.getFileName().toString();
    try {
      return name.endsWith(SUFFIX)
          ? Optional.of(Hours.parse(name.substring(0, name.length() - SUFFIX.length())))
          : Optional.empty();
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
