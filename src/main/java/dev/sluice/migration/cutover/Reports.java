package dev.sluice.migration.cutover;

import dev.sluice.files.AtomicFile;
import dev.sluice.files.JsonFile;
import dev.sluice.files.JsonForm;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The readiness reports, kept as {@code <data.dir>/cutover/reports/<id>.json}, the newest {@value
 * #MOST}. Thread-safe: a report is written once.
 */
final class Reports {
  private static final Logger LOG = LoggerFactory.getLogger(Reports.class);

  /** Most reports kept. */
  static final int MOST = 100;

  /** The time and a few digits; in order of time, and safe as a file's name. */
  private static final Pattern ID = Pattern.compile("\\d{8}T\\d{6}\\.\\d{3}Z-[0-9a-f]{4}");

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss.SSS'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);
  private static final String SUFFIX = ".json";

  private final Path directory;
  private final AtomicFile writer;

  Reports(Path directory) {
    this(directory, new AtomicFile());
  }

  Reports(Path directory, AtomicFile writer) {
    this.directory = directory;
    this.writer = writer;
  }

  static String newId(Instant now) {
    return TIME.format(now) + "-%04x".formatted(ThreadLocalRandom.current().nextInt(1 << 16));
  }

  /** Keeps the report, and forgets the oldest beyond the limit. */
  void keep(ReadinessReport report) throws IOException {
    kept(report.id()).write(report);
    List<String> ids = newest(Integer.MAX_VALUE);
    for (String id : ids.subList(Math.min(MOST, ids.size()), ids.size())) {
      // Set back, the clock makes the newest look old.
      if (!id.equals(report.id())) {
        Files.deleteIfExists(file(id));
      }
    }
  }

  /**
   * The kept report; empty when there is none of this id.
   *
   * @throws IOException when it cannot be read, or is not as it was written
   */
  Optional<ReadinessReport> find(String id) throws IOException {
    if (!ID.matcher(id).matches()) {
      return Optional.empty();
    }
    try {
      return kept(id).read();
    } catch (JsonFile.NotUnderstoodException e) {
      throw new IOException(
          "the report "
              + file(id)
              + " is not as it was written, its hash does not fit: make a new report",
          e);
    }
  }

  /** Ids of the newest reports, newest first. */
  List<String> newest(int most) {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(SUFFIX))
          .map(name -> name.substring(0, name.length() - SUFFIX.length()))
          .filter(ID.asMatchPredicate())
          .sorted(Comparator.reverseOrder())
          .limit(most)
          .toList();
    } catch (IOException e) {
      LOG.warn("The readiness reports in {} cannot be listed", directory, e);
      return List.of();
    }
  }

  private JsonFile<ReadinessReport> kept(String id) {
    return new JsonFile<>(file(id), new Form(id), writer);
  }

  private Path file(String id) {
    return directory.resolve(id + SUFFIX);
  }

  /** The report of this id, exactly as it was written. */
  private record Form(String id) implements JsonForm<ReadinessReport> {
    @Override
    public JsonObject json(ReadinessReport report) {
      return report.json();
    }

    @Override
    public ReadinessReport read(JsonObject json) {
      ReadinessReport report = ReadinessReport.of(json);
      if (!json.equals(report.json()) || !report.id().equals(id)) {
        throw new IllegalArgumentException("its hash does not fit");
      }
      return report;
    }

    @Override
    public String name() {
      return "the report";
    }

    @Override
    public String advice() {
      return "make a new report";
    }
  }
}
