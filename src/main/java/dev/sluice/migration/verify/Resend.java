package dev.sluice.migration.verify;

import dev.sluice.api.MismatchCounts;
import dev.sluice.api.RepairResult;
import dev.sluice.migration.DeadLettered;
import dev.sluice.migration.Pair;
import dev.sluice.migration.parity.MismatchClass;
import dev.sluice.migration.verify.MismatchFiles.Mismatch;
import dev.sluice.reading.Identity;
import dev.sluice.reading.Reading;
import dev.sluice.store.ReadingScan;
import dev.sluice.store.ReadingSource.UnavailableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The repair used while QuestDB is read, or while MySQL's table is not the one QuestDB followed:
 * nothing is written to a store, because MySQL must follow through the journal as usual. The
 * readings that would make the two agree are listed for a person to send again: QuestDB's, or
 * MySQL's where only MySQL has one. Single use; confined to one thread.
 */
final class Resend {
  private static final int BLOCK = 1_000;

  private final Pair pair;
  private final Path file;
  private final boolean execute;
  private final DeadLettered deadLettered;
  private final NotRepaired notRepaired = new NotRepaired();
  private MismatchCounts listed = MismatchCounts.NONE;
  private long unchanged;

  /**
   * Lists nothing yet.
   *
   * @param execute false to count only
   */
  Resend(Pair pair, Path file, boolean execute) {
    this.pair = pair;
    this.file = file;
    this.execute = execute;
    this.deadLettered =
        new DeadLettered(
            pair.legacy().delivery().deadLetterFile(), pair.next().delivery().origin());
  }

  /** Goes through all loaded files. */
  RepairResult run(MismatchFiles files) throws UnavailableException, IOException {
    TakenOut list = new TakenOut(file);
    if (execute) {
      Files.deleteIfExists(file);
    }
    for (long hour : files.hours()) {
      try (MismatchFiles.Lines lines = files.read(hour)) {
        for (List<Mismatch> block = lines.next(BLOCK);
            !block.isEmpty();
            block = lines.next(BLOCK)) {
          block(block, list);
        }
      }
    }
    return new RepairResult(
        execute,
        MismatchCounts.NONE,
        listed,
        file.toAbsolutePath().toString(),
        next(),
        notRepaired.listed(),
        notRepaired.total(),
        unchanged);
  }

  private String next() {
    if (listed.total() > 0) {
      return "QuestDB's values count, and MySQL gets them through the journal: "
          + (execute ? "" : "with --execute the readings are listed in the file; ")
          + "send it to the ingest port (POST /v1/readings, application/x-ndjson), then run 'sluice"
          + " verify start'";
    }
    return notRepaired.total() == 0
        ? "there is nothing to resend: run 'sluice verify start'"
        : "there is nothing else to resend";
  }

  private void block(List<Mismatch> block, TakenOut list) throws UnavailableException, IOException {
    Set<Identity> keys = new HashSet<>();
    block.forEach(mismatch -> keys.add(mismatch.identity()));
    deadLettered.readOn();
    Map<Identity, MismatchClass> refused = new LinkedHashMap<>();
    Map<Identity, Reading> legacy = readings(pair.legacy().scan(), keys);
    Map<Identity, Reading> present = readings(pair.next().scan(), keys);
    List<Reading> send = new ArrayList<>();
    for (Mismatch mismatch : block) {
      Reading mysql = legacy.get(mismatch.identity());
      Reading questDb = present.get(mismatch.identity());
      Reading right = questDb == null ? mysql : questDb;
      if (right == null || (right.equals(mysql) && right.equals(questDb))) {
        unchanged++;
      } else if (right.equals(questDb) && deadLettered.contains(mismatch.identity())) {
        refused.put(mismatch.identity(), mismatch.kind());
      } else {
        send.add(right);
        listed = listed.plus(mismatch.kind().one());
      }
    }
    notRepaired.add(
        refused,
        "MySQL refused the value that QuestDB has, see "
            + pair.legacy().delivery().deadLetterFile()
            + ": make MySQL accept it, and resend it; to use MySQL's value instead, run 'sluice"
            + " rollback', move the file away, then run 'sluice verify repair --execute'");
    if (execute && !send.isEmpty()) {
      list.keep(send);
    }
  }

  private static Map<Identity, Reading> readings(ReadingScan scan, Set<Identity> keys)
      throws UnavailableException {
    Map<Identity, Reading> readings = new HashMap<>();
    scan.find(keys).forEach(reading -> readings.put(reading.identity(), reading));
    return readings;
  }
}
