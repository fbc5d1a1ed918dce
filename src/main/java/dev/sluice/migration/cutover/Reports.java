package dev.sluice.migration.cutover;

import dev.sluice.api.Json;
import dev.sluice.api.ReadinessReport;
import dev.sluice.files.AtomicFile;
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
import org.jspecify.annotations.Nullable;
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
    writer.replace(file(report.id()), Json.write(report) + "\n");
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
    if (!ID.matcher(id).matches() || !Files.exists(file(id))) {
      return Optional.empty();
    }
    String text = Files.readString(file(id));
    try {
      ReadinessReport report = Json.read(text, ReadinessReport.class);
      if (report.id().equals(id) && text.equals(Json.write(report.hashed()) + "\n")) {
        return Optional.of(report);
      }
      throw damaged(id, null);
    } catch (Json.MalformedException e) {
      throw damaged(id, e);
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

  private IOException damaged(String id, Json.@Nullable MalformedException cause) {
    return new IOException(
        "the report " + file(id) + " has been altered, its hash does not match: make a new report",
        cause);
  }

  private Path file(String id) {
    return directory.resolve(id + SUFFIX);
  }
}
