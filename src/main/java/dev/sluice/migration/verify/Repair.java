package dev.sluice.migration.verify;

import dev.sluice.api.MismatchCounts;
import dev.sluice.api.RepairResult;
import dev.sluice.migration.CatchUp;
import dev.sluice.migration.CatchUp.BehindException;
import dev.sluice.migration.DeadLettered;
import dev.sluice.migration.MirrorSink;
import dev.sluice.migration.Pair;
import dev.sluice.migration.UnfinishedException;
import dev.sluice.migration.parity.MismatchClass;
import dev.sluice.migration.parity.ParityMap;
import dev.sluice.migration.verify.MismatchFiles.Mismatch;
import dev.sluice.reading.Identity;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.ReadingScan;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.WriteResult;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes QuestDB agree with MySQL, for the keys in the mismatch files and no others. Single use;
 * confined to one thread.
 *
 * <p>Safe under live traffic: copies follow {@link MirrorSink}'s chunk protocol, so that a newer
 * value from the mirror wins; a reading is removed only after another check, made while nothing is
 * written and MySQL has everything that QuestDB had from the journal. Only the key is taken from
 * the file: both stores are queried again.
 */
final class Repair {
  private static final int BLOCK = 1_000;
  private static final Duration MIRROR_HELD_UP = Duration.ofSeconds(5);

  private final Pair pair;
  private final ParityMap parity;
  private final CatchUp catchUp;
  private final TakenOut takenOut;
  private final boolean execute;
  private final DeadLettered deadLettered;

  private MismatchCounts repaired = MismatchCounts.NONE;
  private long unchanged;
  private final NotRepaired notRepaired = new NotRepaired();

  /**
   * Repairs nothing yet.
   *
   * @param takenOut keeps what is removed from QuestDB
   * @param execute false for a dry run
   */
  Repair(Pair pair, ParityMap parity, CatchUp catchUp, TakenOut takenOut, boolean execute) {
    this.pair = pair;
    this.parity = parity;
    this.catchUp = catchUp;
    this.takenOut = takenOut;
    this.execute = execute;
    this.deadLettered =
        new DeadLettered(
            pair.legacy().delivery().deadLetterFile(), pair.next().delivery().origin());
  }

  /** Goes through all loaded files. What was done before a failure remains done. */
  RepairResult run(MismatchFiles files)
      throws UnavailableException, UnfinishedException, IOException {
    for (long hour : files.hours()) {
      try (MismatchFiles.Lines lines = files.read(hour)) {
        List<Mismatch> block = lines.next(BLOCK);
        while (!block.isEmpty()) {
          block(hour, block);
          block = lines.next(BLOCK);
        }
      }
    }
    return new RepairResult(
        execute, repaired, null, null, null, notRepaired.listed(), notRepaired.total(), unchanged);
  }

  private void block(long hour, List<Mismatch> block)
      throws UnavailableException, UnfinishedException {
    Map<Identity, MismatchClass> kinds = new LinkedHashMap<>();
    block.forEach(mismatch -> kinds.put(mismatch.identity(), mismatch.kind()));
    long from = kinds.keySet().stream().mapToLong(Identity::tsMicros).min().orElseThrow();
    long to = kinds.keySet().stream().mapToLong(Identity::tsMicros).max().orElseThrow();
    Map<Identity, MismatchClass> extra;
    try (MirrorSink.Chunk chunk = pair.next().mirror().openChunk(from, to)) {
      catchUp.awaitLegacy();
      deadLettered.readOn();
      extra = copy(chunk, kinds);
    }
    if (!extra.isEmpty()) {
      takeOut(hour, extra);
    }
  }

  /** Copies what MySQL has; returns what only QuestDB has. */
  private Map<Identity, MismatchClass> copy(
      MirrorSink.Chunk chunk, Map<Identity, MismatchClass> kinds) throws UnavailableException {
    Map<Identity, Double> legacy = values(pair.legacy().scan(), kinds.keySet());
    Map<Identity, Double> mirrored = values(pair.next().scan(), kinds.keySet());
    ReadingBatch batch = new ReadingBatch();
    batch.clear(0);
    Map<Identity, MismatchClass> copied = new LinkedHashMap<>();
    Map<Identity, MismatchClass> extra = new LinkedHashMap<>();
    Map<Identity, MismatchClass> newer = new LinkedHashMap<>();
    kinds.forEach((key, kind) -> {
      Double truth = legacy.get(key);
      Double found = mirrored.get(key);
      if (found != null && !found.equals(truth) && deadLettered.contains(key)) {
        newer.put(key, kind);
      } else if (truth != null && !truth.equals(found)) {
        batch.add(new Reading(key.device(), key.metric(), key.tsMicros(), truth));
        copied.put(key, kind);
      } else if (truth == null && found != null) {
        extra.put(key, kind);
      } else {
        unchanged++;
      }
    });
    if (batch.size() > 0) {
      write(chunk, batch, copied);
    }
    notRepaired.add(
        newer,
        "MySQL refused the value that QuestDB has, see "
            + pair.legacy().delivery().deadLetterFile()
            + ": resend it once MySQL accepts it; to use MySQL's value instead, move the file away"
            + " and repair again");
    return extra;
  }

  private void write(
      MirrorSink.Chunk chunk, ReadingBatch batch, Map<Identity, MismatchClass> copied) {
    long supersededBefore = chunk.superseded();
    WriteResult result =
        execute ? chunk.write(pair.next().chunkSink(), batch) : WriteResult.Written.DURABLE;
    switch (result) {
      case WriteResult.Written(var durableAfter) -> {
        copied.values().forEach(kind -> repaired = repaired.plus(kind.one()));
        unchanged += chunk.superseded() - supersededBefore;
      }
      case WriteResult.Refused(String reason) ->
          notRepaired.add(copied, "QuestDB refuses it: " + reason);
      case WriteResult.Unavailable(String reason) ->
          notRepaired.add(copied, "QuestDB is not available: " + reason + "; repair again");
      case WriteResult.Busy(String reason) ->
          notRepaired.add(copied, "QuestDB is behind: " + reason + "; repair again");
    }
  }

  private void takeOut(long hour, Map<Identity, MismatchClass> extra)
      throws UnavailableException, UnfinishedException {
    if (!pair.next().log().removes()) {
      notRepaired.add(
          extra,
          "this QuestDB cannot remove single readings: drop the partition of its day, then run"
              + " 'sluice backfill start' and 'sluice verify start'");
      return;
    }
    if (!execute) {
      extra.values().forEach(kind -> repaired = repaired.plus(kind.one()));
      return;
    }
    // First without holding up the mirror: the wait while it is held up is then short.
    catchUp.awaitMirrored();
    pair.next().mirror().exclusively(() -> takeOutAlone(hour, extra));
  }

  /** Runs while nothing else is written to QuestDB. */
  private boolean takeOutAlone(long hour, Map<Identity, MismatchClass> extra)
      throws UnfinishedException {
    try {
      return removeStillAbsent(hour, extra);
    } catch (UnavailableException e) {
      throw new BehindException(String.valueOf(e.getMessage()));
    }
  }

  private boolean removeStillAbsent(long hour, Map<Identity, MismatchClass> extra)
      throws UnavailableException, UnfinishedException {
    catchUp.atMost(MIRROR_HELD_UP).awaitMirrored();
    Map<Identity, Double> back = values(pair.legacy().scan(), extra.keySet());
    List<Identity> gone = extra.keySet().stream().filter(key -> !back.containsKey(key)).toList();
    unchanged += extra.size() - gone.size();
    if (!gone.isEmpty()) {
      parity.hourWritten(hour);
      keep(gone);
      pair.next().log().remove(gone);
      gone.forEach(key -> repaired = repaired.plus(MismatchClass.EXTRA.one()));
    }
    return !gone.isEmpty();
  }

  private void keep(List<Identity> gone) throws UnavailableException {
    try {
      takenOut.keep(pair.next().scan().find(gone));
    } catch (IOException e) {
      throw new UnavailableException("the list of readings to remove cannot be saved: " + e, e);
    }
  }

  /**
   * The value is NaN, which equals no reading's value, if a store has more than one reading of a
   * key.
   */
  private static Map<Identity, Double> values(ReadingScan scan, Collection<Identity> keys)
      throws UnavailableException {
    Map<Identity, Double> values = new HashMap<>();
    for (Reading reading : scan.find(keys)) {
      values.merge(reading.identity(), reading.value(), (a, b) -> Double.NaN);
    }
    return values;
  }
}
