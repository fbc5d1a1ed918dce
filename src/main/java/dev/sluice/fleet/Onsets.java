package dev.sluice.fleet;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * How many gaps may have begun at each moment of the last day and a half. A device was last heard
 * at one time and was due at another: it fell silent somewhere in between, so its gap counts at
 * every second from the one to the other. Where many pile up, one thing explains them. Confined to
 * one thread at a time.
 *
 * <p>Long stretches count at every 64th second only, which bounds their cost; those seconds see all
 * gaps.
 */
final class Onsets {
  private static final int SLOTS = 1 << 17;
  private static final int STRIDE = 64;
  private static final int MOST_STEPS = 4_096;

  private final int[] counts = new int[SLOTS];
  private long newest;

  /** Counts a gap that began from here to there, in seconds since the epoch; neither in future. */
  void add(long from, long to) {
    advance(to);
    long step = step(from, to);
    for (long at = first(from, step); at <= to; at += step) {
      counts[slot(at)]++;
    }
  }

  /** The second in this stretch at which most gaps may have begun; {@link #count} says how many. */
  long peak(long from, long to) {
    advance(to);
    long step = step(from, to);
    long peak = first(from, step);
    for (long at = peak; at <= to; at += step) {
      if (counts[slot(at)] > counts[slot(peak)]) {
        peak = at;
      }
    }
    return peak;
  }

  /** Gaps that may have begun in this second. */
  int count(long at) {
    return at > newest || at <= newest - SLOTS ? 0 : counts[slot(at)];
  }

  void writeTo(DataOutput out) throws IOException {
    out.writeLong(newest);
    for (int i = 0; i < SLOTS; i++) {
      if (counts[i] != 0) {
        out.writeInt(i);
        out.writeInt(counts[i]);
      }
    }
    out.writeInt(-1);
  }

  void readFrom(DataInput in) throws IOException {
    newest = in.readLong();
    for (int i = in.readInt(); i >= 0; i = in.readInt()) {
      counts[i] = in.readInt();
    }
  }

  private void advance(long to) {
    for (long at = Math.max(newest + 1, to - SLOTS + 1); at <= to; at++) {
      counts[slot(at)] = 0;
    }
    newest = Math.max(newest, to);
  }

  private long first(long from, long step) {
    long oldest = Math.max(from, newest - SLOTS + 1);
    return step == 1 ? oldest : Math.ceilDiv(oldest, step) * step;
  }

  private static long step(long from, long to) {
    return to - from > MOST_STEPS ? STRIDE : 1;
  }

  private static int slot(long at) {
    return (int) (at & (SLOTS - 1));
  }
}
