package dev.sluice.journal.kafka;

import dev.sluice.journal.Mark;
import dev.sluice.journal.Progress;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What a feed's own offsets mean: which readings of which partition it has given since the progress
 * kept. One thread adds to it; any thread may ask for a mark.
 */
final class Trail {
  /**
   * Consecutive readings that were given from one partition.
   *
   * @param from the feed's offset of the first
   * @param to the feed's offset behind the last
   * @param start where the first is
   * @param end where the reading behind the last is
   */
  private record Run(long from, long to, int partition, Spot start, Spot end, boolean lost) {}

  /**
   * A reading's place.
   *
   * @param place offset of its record, or of one before it
   * @param skip readings from the start of that record to it
   */
  record Spot(long place, long skip) {}

  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<Run> runs = new ArrayDeque<>();

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
      Run last = runs.peekLast();
      Spot start = next[partition];
      long from = offset;
      offset += readings;
      next[partition] = end;
      if (last != null && last.partition() == partition && last.lost() == lost && mergesLocked) {
        runs.removeLast();
        start = last.start();
        from = last.from();
      }
      mergesLocked = true;
      runs.add(new Run(from, offset, partition, start, end, lost));
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

  private long[] placesLocked(long before) {
    if (before == offset) {
      return Arrays.stream(next).mapToLong(Spot::place).toArray();
    }
    long[] places = Arrays.stream(kept).mapToLong(Kept::place).toArray();
    for (Run run : runs) {
      if (run.to() > before) {
        break;
      }
      places[run.partition()] = run.end().place();
    }
    return places;
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
      for (Run run : runs) {
        long passed = Math.min(run.to(), progress.offset()) - run.from();
        if (passed <= 0) {
          break;
        }
        boolean whole = run.from() + passed == run.to();
        Spot at = whole ? run.end() : new Spot(run.start().place(), run.start().skip() + passed);
        result[run.partition()] = shares.of(result[run.partition()], at, passed, run.lost());
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
      while (!runs.isEmpty() && runs.getFirst().from() < nowOffset) {
        Run run = runs.removeFirst();
        if (run.to() > nowOffset) {
          Kept in = now[run.partition()];
          Spot start = new Spot(in.place(), in.skip());
          runs.addFirst(
              new Run(nowOffset, run.to(), run.partition(), start, run.end(), run.lost()));
        }
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
