package dev.sluice.migration.verify;

import dev.sluice.migration.Pulse;
import dev.sluice.migration.Pulse.CancelledException;
import dev.sluice.store.ReadingScan;
import dev.sluice.store.ReadingSource.UnavailableException;
import java.io.IOException;

/**
 * Compares two stores over a range of time, streaming both in lockstep. Confined to one thread.
 *
 * <p>Nothing is kept while both streams are at the same reading. Readings of one ts that arrive in
 * different orders are compared as sets; if one ts has more of them than memory may hold, it is
 * streamed again, once for each part of the identities' hashes. Differences are reported in the
 * order of {@link Difference#ORDER}, however they were found.
 */
final class Comparison {
  /** Rows between two beats of the pulse, minus one. */
  private static final int BEAT_MASK = 0x3ff;

  private final ReadingScan left;
  private final ReadingScan right;
  private final int maxOfOneTs;
  private final Pulse pulse;
  private long steps;

  /**
   * Compares nothing yet.
   *
   * @param maxOfOneTs the most readings of one ts held in memory
   */
  Comparison(ReadingScan left, ReadingScan right, int maxOfOneTs, Pulse pulse) {
    this.left = left;
    this.right = right;
    this.maxOfOneTs = maxOfOneTs;
    this.pulse = pulse;
  }

  /** How many readings each store returned. */
  record Rows(long left, long right) {}

  /** Begins to read from both stores. */
  Both open(Pieces pieces) throws UnavailableException, CancelledException {
    return Both.open(left, right, pieces, pulse);
  }

  /** Compares readings with {@code fromMicros <= ts < toMicros}. */
  Rows compare(long fromMicros, long toMicros, Differences each)
      throws UnavailableException, IOException, CancelledException {
    try (Both both = open(Pieces.whole(fromMicros, toMicros))) {
      return compare(both, toMicros, each);
    }
  }

  /** Compares what has been opened, up to {@code ts < toMicros}. */
  Rows compare(Both both, long toMicros, Differences each)
      throws UnavailableException, IOException, CancelledException {
    Head a = both.left;
    Head b = both.right;
    long beforeLeft = reached(a);
    long beforeRight = reached(b);
    both.comparing();
    while (both.tsMicros() < toMicros) {
      if (a.same(b)) {
        a.advance();
        b.advance();
        step();
      } else {
        oneTs(both.tsMicros(), a, b, each);
      }
    }
    both.compared(toMicros);
    pulse.beat(steps & BEAT_MASK);
    steps = 0;
    return new Rows(reached(a) - beforeLeft, reached(b) - beforeRight);
  }

  /** Readings before the current one. */
  private static long reached(Head head) {
    return head.tsMicros() == Head.END ? head.rows() : head.rows() - 1;
  }

  private void oneTs(long ts, Head a, Head b, Differences each)
      throws UnavailableException, IOException, CancelledException {
    OneTs set = new OneTs(ts);
    while (a.tsMicros() == ts || b.tsMicros() == ts) {
      both(ts, a, b, set, 0, 0);
      if (set.size() > maxOfOneTs) {
        long rows = set.size() + a.skip(ts) + b.skip(ts);
        int bits = Long.SIZE - Long.numberOfLeadingZeros(rows / maxOfOneTs);
        for (long part = 0; part < 1L << bits; part++) {
          part(ts, bits, part, each);
        }
        return;
      }
    }
    set.finish(each);
  }

  /** Compares the readings of one ts whose hash begins with these bits. */
  private void part(long ts, int bits, long prefix, Differences each)
      throws UnavailableException, IOException, CancelledException {
    OneTs set = new OneTs(ts);
    try (Both both = open(Pieces.whole(ts, ts + 1))) {
      while (set.size() <= maxOfOneTs && both.tsMicros() == ts) {
        both(ts, both.left, both.right, set, bits, prefix);
      }
    }
    if (set.size() <= maxOfOneTs) {
      set.finish(each);
    } else if (bits < Long.SIZE - 1) {
      part(ts, bits + 1, prefix << 1, each);
      part(ts, bits + 1, prefix << 1 | 1, each);
    } else {
      throw new AssertionError(set.size() + " readings of ts " + ts + " share one hash");
    }
  }

  /**
   * Takes one reading of each store in turn, so that streams in nearly the same order match early.
   */
  private void both(long ts, Head a, Head b, OneTs set, int bits, long prefix)
      throws UnavailableException, CancelledException {
    if (a.tsMicros() == ts) {
      if (within(a, bits, prefix)) {
        set.left(a);
      }
      a.advance();
    }
    if (b.tsMicros() == ts) {
      if (within(b, bits, prefix)) {
        set.right(b);
      }
      b.advance();
    }
    step();
  }

  private static boolean within(Head head, int bits, long prefix) {
    return bits == 0 || Difference.hash(head.identity()) >>> (Long.SIZE - bits) == prefix;
  }

  private void step() throws CancelledException {
    if ((++steps & BEAT_MASK) == 0) {
      pulse.beat(BEAT_MASK + 1);
    }
  }
}
