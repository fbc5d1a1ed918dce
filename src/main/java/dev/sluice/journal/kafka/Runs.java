package dev.sluice.journal.kafka;

import java.util.Arrays;

/**
 * Consecutive runs of readings, each from one partition, oldest first: a ring of numbers, because
 * there may be a million of them. Confined to whoever holds the lock of its {@link Trail}.
 */
final class Runs {
  /** At most so many, 44 bytes each: 17,000 records a second for a minute. */
  static final int MOST = 1 << 20;

  private static final int FIRST_LENGTH = 64;

  /** The feed's offset of each run's first reading. */
  private long[] from = new long[FIRST_LENGTH];

  /** The partition; its complement if the readings are lost. */
  private int[] partition = new int[FIRST_LENGTH];

  private long[] startPlace = new long[FIRST_LENGTH];
  private long[] startSkip = new long[FIRST_LENGTH];
  private long[] endPlace = new long[FIRST_LENGTH];
  private long[] endSkip = new long[FIRST_LENGTH];

  /** Index of the oldest. */
  private int head;

  private int size;

  /** The feed's offset behind the last reading of the last run. */
  private long end;

  int size() {
    return size;
  }

  boolean isFull() {
    return size == MOST;
  }

  void clear() {
    head = 0;
    size = 0;
  }

  long from(int i) {
    return from[at(i)];
  }

  long to(int i) {
    return i + 1 < size ? from[at(i + 1)] : end;
  }

  int partition(int i) {
    int stored = partition[at(i)];
    return stored < 0 ? ~stored : stored;
  }

  boolean isLost(int i) {
    return partition[at(i)] < 0;
  }

  /** Where its first reading is. */
  Trail.Spot start(int i) {
    return new Trail.Spot(startPlace[at(i)], startSkip[at(i)]);
  }

  /** Where the reading behind its last one is. */
  Trail.Spot end(int i) {
    return new Trail.Spot(endPlace[at(i)], endSkip[at(i)]);
  }

  /** Adds a run behind the others, whose last reading is before its first. */
  void add(long first, long behind, int of, Trail.Spot start, Trail.Spot finish, boolean lost) {
    if (size == from.length) {
      grow();
    }
    size++;
    int last = at(size - 1);
    from[last] = first;
    partition[last] = lost ? ~of : of;
    startPlace[last] = start.place();
    startSkip[last] = start.skip();
    endPlace[last] = finish.place();
    endSkip[last] = finish.skip();
    end = behind;
  }

  /** The last run goes on to there. */
  void extendLast(long behind, Trail.Spot finish) {
    int last = at(size - 1);
    endPlace[last] = finish.place();
    endSkip[last] = finish.skip();
    end = behind;
  }

  void removeFirst() {
    head = at(1);
    size--;
  }

  /** The first run now begins at this offset, which is within it. */
  void cutFirst(long first, Trail.Spot start) {
    from[head] = first;
    startPlace[head] = start.place();
    startSkip[head] = start.skip();
  }

  private int at(int i) {
    return (head + i) & (from.length - 1);
  }

  private void grow() {
    from = grown(from);
    startPlace = grown(startPlace);
    startSkip = grown(startSkip);
    endPlace = grown(endPlace);
    endSkip = grown(endSkip);
    int[] more = new int[partition.length * 2];
    for (int i = 0; i < size; i++) {
      more[i] = partition[(head + i) & (partition.length - 1)];
    }
    partition = more;
    head = 0;
  }

  /** Twice as long, with the oldest first. */
  private long[] grown(long[] ring) {
    long[] more = Arrays.copyOfRange(ring, head, head + 2 * ring.length);
    System.arraycopy(ring, 0, more, ring.length - head, head);
    return more;
  }
}
