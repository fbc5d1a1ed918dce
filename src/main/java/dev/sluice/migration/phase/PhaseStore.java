package dev.sluice.migration.phase;

import dev.sluice.files.AtomicFile;
import dev.sluice.files.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Keeps the phase in {@code <data.dir>/phase.json}. Not thread-safe.
 *
 * <p>The file is replaced atomically and synced: a crash leaves the old record or the new one. A
 * file that cannot be understood is an error, never a guess: the wrong phase would send reads and
 * writes to the wrong store.
 */
public final class PhaseStore implements Phases {
  private final Path directory;
  private final JsonFile<PhaseRecord> file;

  /**
   * @param dataDirectory {@code data.dir}; created when there is none
   */
  public PhaseStore(Path dataDirectory) {
    this(dataDirectory, new AtomicFile());
  }

  public PhaseStore(Path dataDirectory, AtomicFile writer) {
    this.directory = dataDirectory;
    this.file = new JsonFile<>(dataDirectory.resolve("phase.json"), new PhaseForm(), writer);
  }

  @Override
  public Optional<PhaseRecord> kept() throws IOException {
    return file.read();
  }

  /**
   * The kept record; empty on a new data directory. Changes nothing.
   *
   * @throws IOException when the file cannot be read or understood, or is lost
   */
  public Optional<PhaseRecord> keptUnlessLost() throws IOException {
    Optional<PhaseRecord> kept = kept();
    if (kept.isEmpty()) {
      refuseLost(false);
    }
    return kept;
  }

  @Override
  public PhaseRecord openWith(Phase initial, Instant now, boolean readings) throws IOException {
    Optional<PhaseRecord> kept = kept();
    if (kept.isPresent()) {
      return kept.orElseThrow();
    }
    refuseLost(readings);
    PhaseRecord first =
        PhaseRecord.first(initial, now, "cutover.initial-phase of a new data directory");
    file.write(first);
    return first;
  }

  @Override
  public void keep(PhaseRecord present, PhaseRecord next) throws IOException {
    present.requireFollowedBy(next);
    Optional<PhaseRecord> kept = kept();
    if (kept.isEmpty() || !kept.orElseThrow().equals(present)) {
      throw new IOException(
          "the phase file "
              + file
              + " holds "
              + kept.map(PhaseRecord::name).orElse("nothing")
              + ", but "
              + present.name()
              + " is in force: it was changed from outside; restart Sluice to follow the file");
    }
    file.write(next);
  }

  @Override
  public String node() {
    return "";
  }

  /** Keeps this record, in the place of any other: it comes from where it was kept before. */
  public void replace(PhaseRecord record) throws IOException {
    file.write(record);
  }

  /** Whoever has the file may change it. */
  @Override
  public Optional<String> objection() {
    return Optional.empty();
  }

  private void refuseLost(boolean readings) throws IOException {
    List<Path> traces = traces(readings);
    if (!traces.isEmpty()) {
      throw lost(traces);
    }
  }

  /** What only a Sluice that had a phase leaves behind. */
  private List<Path> traces(boolean readings) throws IOException {
    List<Path> traces = new ArrayList<>();
    if (readings) {
      traces.add(directory.resolve("journal"));
    }
    for (String folder : List.of("journal/cursors", "cutover/reports", "dead-letters")) {
      firstIn(directory.resolve(folder)).ifPresent(traces::add);
    }
    for (String file : List.of("cutover/tables.json", "backfill/state.json")) {
      if (Files.exists(directory.resolve(file))) {
        traces.add(directory.resolve(file));
      }
    }
    return traces;
  }

  private static Optional<Path> firstIn(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return Optional.empty();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(Files::isRegularFile).sorted().findFirst();
    }
  }

  /** Nobody but a person knows which phase was in force. */
  private IOException lost(List<Path> traces) {
    return new IOException(
        "the phase file "
            + file
            + " is missing, but the data directory is not new: it has "
            + traces.stream().map(Path::toString).collect(Collectors.joining(", "))
            + ". Sluice does not guess the phase, because a wrong one would send reads and writes"
            + " to the wrong store. Restore the file from a backup, or, if you know which phase was"
            + " in force (mysql, mirror, questdb or retired; the newest report in "
            + directory.resolve("cutover").resolve("reports")
            + " shows the last change), write it: "
            + PhaseForm.byHand());
  }
}
