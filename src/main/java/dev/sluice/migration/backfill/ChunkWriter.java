package dev.sluice.migration.backfill;

import dev.sluice.migration.BatchFilter;
import dev.sluice.migration.DeadLettered;
import dev.sluice.migration.MirrorSink;
import dev.sluice.migration.Pair;
import dev.sluice.reading.Identity;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.WriteResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes one chunk to the new store, following the steps of {@link MirrorSink}. Confined to the
 * copying thread. After a failure, copying the same rows again puts right whatever was half done.
 */
final class ChunkWriter {
  private static final Duration LOOK_EVERY = Duration.ofMillis(2);
  private static final int FIND_AT_ONCE = 1_000;

  private final RunControl control;
  private @Nullable DeadLettered deadLettered;

  ChunkWriter(RunControl control) {
    this.control = control;
  }

  /** What became of a chunk. */
  sealed interface Result {}

  /**
   * The chunk is written.
   *
   * @param superseded rows for which QuestDB has something newer
   * @param refused rows QuestDB permanently refused
   * @param txn the store's last transaction, read after the write
   * @param durableAfter how long the store may still lose it
   * @param work the time it took
   */
  record Written(
      long superseded, List<Refusal> refused, long txn, Duration durableAfter, Duration work)
      implements Result {}

  /** A temporary failure; the same rows may be copied later. */
  record Failed(String why) implements Result {}

  /** The mirror wrote more than can be recorded: fewer rows at once may succeed. */
  record TooLarge(String why) implements Result {}

  /** A row QuestDB refused, with the reason it gave. */
  record Refusal(Reading row, String reason) {}

  /**
   * Writes what was read.
   *
   * @throws UnavailableException if it cannot succeed until a person has changed something
   */
  Result write(ChunkReader.Rows read) throws UnavailableException {
    long began = System.nanoTime();
    try {
      ReadingBatch rows = withoutDeadLettered(read.pair(), read.readings());
      Writing writing = new Writing(read.pair(), read.chunk());
      if (!writing.write(rows)) {
        return read.chunk().overflowed() ? new TooLarge(writing.why) : new Failed(writing.why);
      }
      long txn = read.pair().next().log().walStatus().sequencerTxn();
      return new Written(
          read.chunk().superseded() + read.readings().size() - rows.size(),
          writing.refused,
          txn,
          writing.durableAfter,
          Duration.ofNanos(System.nanoTime() - began));
    } catch (UnavailableException e) {
      if (e.lasting()) {
        throw e;
      }
      return new Failed(String.valueOf(e.getMessage()));
    }
  }

  /** Leaves out what QuestDB has newer, because MySQL refused it when it came by the mirror. */
  private ReadingBatch withoutDeadLettered(Pair pair, ReadingBatch batch)
      throws UnavailableException {
    DeadLettered letters = deadLettered(pair);
    letters.readOn();
    List<Identity> suspects = new ArrayList<>();
    for (int i = 0; i < batch.size(); i++) {
      if (letters.mayContain(batch.tsMicros(i))) {
        Identity identity = batch.reading(i).identity();
        if (letters.contains(identity)) {
          suspects.add(identity);
        }
      }
    }
    if (suspects.isEmpty()) {
      return batch;
    }
    awaitApplied(pair);
    Set<Identity> newer = new HashSet<>();
    for (int from = 0; from < suspects.size(); from += FIND_AT_ONCE) {
      int to = Math.min(suspects.size(), from + FIND_AT_ONCE);
      pair.next().scan().find(suspects.subList(from, to)).forEach(r -> newer.add(r.identity()));
    }
    return BatchFilter.without(batch, (rows, i) -> newer.contains(rows.reading(i).identity()));
  }

  private DeadLettered deadLettered(Pair pair) {
    DeadLettered known = deadLettered;
    if (known == null) {
      known =
          new DeadLettered(
              pair.legacy().delivery().deadLetterFile(), pair.next().delivery().origin());
      deadLettered = known;
    }
    return known;
  }

  /** What the mirror wrote before is then seen. */
  private void awaitApplied(Pair pair) throws UnavailableException {
    long deadline = System.nanoTime() + ChunkReader.MAX_WAIT.toNanos();
    long txn = pair.next().log().walStatus().sequencerTxn();
    while (pair.next().log().walStatus().writerTxn() < txn) {
      if (System.nanoTime() - deadline >= 0) {
        throw new UnavailableException(
            "QuestDB has not applied transaction "
                + txn
                + " within "
                + ChunkReader.MAX_WAIT.toSeconds()
                + " s",
            null);
      }
      control.await(LOOK_EVERY);
    }
  }

  /** One chunk being written to the store. */
  private static final class Writing {
    private final Pair pair;
    private final MirrorSink.Chunk chunk;
    private final List<Refusal> refused = new ArrayList<>();
    private Duration durableAfter = Duration.ZERO;
    private String why = "";

    private Writing(Pair pair, MirrorSink.Chunk chunk) {
      this.pair = pair;
      this.chunk = chunk;
    }

    /** Returns false if not all of it could be written now. Refused rows are found by bisection. */
    private boolean write(ReadingBatch part) {
      switch (chunk.write(pair.next().chunkSink(), part)) {
        case WriteResult.Written(Duration after) -> {
          durableAfter = after.compareTo(durableAfter) > 0 ? after : durableAfter;
          return true;
        }
        case WriteResult.Refused(String reason) when part.size() == 1 -> {
          refused.add(new Refusal(part.reading(0), reason));
          return true;
        }
        case WriteResult.Refused(String reason) -> {
          int middle = part.size() / 2;
          return write(part.part(0, middle)) && write(part.part(middle, part.size()));
        }
        case WriteResult.Unavailable(String reason) -> {
          why = reason;
          return false;
        }
        case WriteResult.Busy(String reason) -> {
          why = reason;
          return false;
        }
      }
    }
  }
}
