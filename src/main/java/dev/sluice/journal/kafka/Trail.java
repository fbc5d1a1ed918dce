package dev.sluice.journal.kafka;

import dev.sluice.journal.Mark;
import dev.sluice.journal.Progress;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What a feed's own offsets mean: which readings of which partition it has given since the progress
 * kept. One thread adds to it; any thread may ask for a mark.
 */
final class Trail {
  /**
   * A reading's place.
   *
   * @param place offset of its record, or of one before it
   * @param skip readings from the start of that record to it
   */
  record Spot(long place, long skip) {}

  private final ReentrantLock lock = new ReentrantLock();
  private final Runs runs = new Runs();

  /** Where the sink has come to, by partition; not changed in place. */
  private Kept[] kept;

  private long keptOffset;

  /** Where the next reading of each partition is. */
  private final Spot[] next;

  private long offset;

  /** The mark of the offset it was last asked for. */
  private @Nullable Mark known;

  private long knownOffset = -1;

  Trail(Kept[] kept, long keptOffset) {
    this.kept = kept;
    this.keptOffset = keptOffset;
    this.next = new Spot[kept.length];
    back();
  }

  /** The feed's offset of the next reading. */
  long offset() {
    lock.lock();
    try {
      return offset;
    } finally {
      lock.unlock();
    }
  }

  /** Where the next reading of this partition is. */
  Spot next(int partition) {
    lock.lock();
    try {
      return next[partition];
    } finally {
      lock.unlock();
    }
  }

  /**
   * So many readings of a partition were given, or passed over as lost.
   *
   * @param end where the one behind them is
   */
  void give(int partition, int readings, Spot end, boolean lost) {
    lock.lock();
    try {
      int last = runs.size() - 1;
      Spot start = next[partition];
      long from = offset;
      offset += readings;
      next[partition] = end;
      if (mergesLocked
          && last >= 0
          && runs.partition(last) == partition
          && runs.isLost(last) == lost) {
        runs.extendLast(offset, end);
      } else {
        runs.add(from, offset, partition, start, end, lost);
      }
      mergesLocked = true;
    } finally {
      lock.unlock();
    }
  }

  /** The next reading of this partition, which has given none since the cursor, is there. */
  void pass(int partition, Spot there) {
    lock.lock();
    try {
      next[partition] = there;
    } finally {
      lock.unlock();
    }
  }

  /** Whether the next run may be joined to the last: not if marks between them are asked for. */
  private boolean mergesLocked;

  /** The feed's offset as it is now may be asked for. */
  void pause() {
    lock.lock();
    try {
      mergesLocked = false;
    } finally {
      lock.unlock();
    }
  }

  /** The mark reached by whoever has what the feed gave before this offset. */
  Mark mark(long before) {
    lock.lock();
    try {
      Mark mark = known;
      if (mark == null || knownOffset != before) {
        mark = KafkaMark.everywhere(placesLocked(before));
        known = mark;
        knownOffset = before;
      }
      return mark;
    } finally {
      lock.unlock();
    }
  }

  /** From the end, as the offsets asked for are mostly those of the last readings given. */
  private long[] placesLocked(long before) {
    long[] places = Arrays.stream(next).mapToLong(Spot::place).toArray();
    for (int i = runs.size() - 1; i >= 0 && runs.to(i) > before; i--) {
      places[runs.partition(i)] = runs.start(i).place();
    }
    return places;
  }

  /** Whether no more may be given before some of it is kept: it could not be remembered. */
  boolean isFull() {
    lock.lock();
    try {
      return runs.isFull();
    } finally {
      lock.unlock();
    }
  }

  /**
   * What each partition has come to with this progress.
   *
   * @throws AssertionError for progress before the one kept, or beyond what was given
   */
  Kept[] with(Progress before, Progress progress) {
    lock.lock();
    try {
      if (progress.origin() != before.origin()
          || progress.offset() < before.offset()
          || progress.offset() > offset) {
        throw new AssertionError(
            "cursor cannot go from " + before + " to " + progress + ", read is up to " + offset);
      }
      Shares shares =
          new Shares(
              progress.delivered() - before.delivered(),
              progress.deadLettered() - before.deadLettered(),
              progress.lost() - before.lost());
      Kept[] result = kept.clone();
      for (int i = 0; i < runs.size() && runs.from(i) < progress.offset(); i++) {
        long passed = Math.min(runs.to(i), progress.offset()) - runs.from(i);
        boolean whole = runs.from(i) + passed == runs.to(i);
        Spot start = runs.start(i);
        Spot at = whole ? runs.end(i) : new Spot(start.place(), start.skip() + passed);
        int p = runs.partition(i);
        result[p] = shares.of(result[p], at, passed, runs.isLost(i));
      }
      return result;
    } finally {
      lock.unlock();
    }
  }

  /** That is kept now: what was given before it need not be known any more. */
  void kept(Kept[] now, long nowOffset) {
    lock.lock();
    try {
      kept = now;
      keptOffset = nowOffset;
      while (runs.size() > 0 && runs.to(0) <= nowOffset) {
        runs.removeFirst();
      }
      if (runs.size() > 0 && runs.from(0) < nowOffset) {
        Kept in = now[runs.partition(0)];
        runs.cutFirst(nowOffset, new Spot(in.place(), in.skip()));
      }
    } finally {
      lock.unlock();
    }
  }

  /** What was given since the progress kept will be given again, perhaps in another order. */
  void back() {
    lock.lock();
    try {
      runs.clear();
      offset = keptOffset;
      known = null;
      for (int p = 0; p < next.length; p++) {
        next[p] = new Spot(kept[p].place(), kept[p].skip());
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * What became of readings, in numbers: the sums are known, not which of them it was. Lost ranges
   * are the lost ones as far as there are any; of the others the refused are counted first.
   */
  private static final class Shares {
    private long delivered;
    private long deadLettered;
    private long lost;

    Shares(long delivered, long deadLettered, long lost) {
      this.delivered = delivered;
      this.deadLettered = deadLettered;
      this.lost = lost;
    }

    Kept of(Kept before, Spot at, long readings, boolean gone) {
      long asLost = gone ? Math.min(readings, lost) : 0;
      long asDead = Math.min(readings - asLost, deadLettered);
      long asDelivered = Math.min(readings - asLost - asDead, delivered);
      asLost = readings - asDead - asDelivered;
      lost -= asLost;
      deadLettered -= asDead;
      delivered -= asDelivered;
      return new Kept(
          at.place(),
          at.skip(),
          before.origin(),
          before.delivered() + asDelivered,
          before.deadLettered() + asDead,
          before.lost() + asLost);
    }
  }
}
