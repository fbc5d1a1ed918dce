package dev.sluice.journal.disk;

import java.util.Map;
import java.util.TreeMap;

/** Offsets given up, each counted once however often it is found. Thread-safe. */
final class LostRanges {
  private final TreeMap<Long, Long> endByStart = new TreeMap<>();
  private long total;

  /**
   * Adds the offsets [from, to).
   *
   * @return how many of them were not known yet
   */
  synchronized long add(long from, long to) {
    if (from == to) {
      return 0;
    }
    long start = from;
    long end = to;
    long known = 0;
    Map.Entry<Long, Long> touching = endByStart.floorEntry(end);
    while (touching != null && touching.getValue() >= start) {
      endByStart.remove(touching.getKey());
      known += touching.getValue() - touching.getKey();
      start = Math.min(start, touching.getKey());
      end = Math.max(end, touching.getValue());
      touching = endByStart.floorEntry(end);
    }
    endByStart.put(start, end);
    long added = end - start - known;
    total += added;
    return added;
  }

  synchronized long total() {
    return total;
  }
}
