package dev.sluice.ingest.format.json;

import dev.sluice.reading.MemoryClaim;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * The member names of one JSON object, used to find one that appears twice. Confined to its parser,
 * which reuses it for every object.
 *
 * <p>The few names of a usual object are compared one by one. Beyond those, an open-addressing
 * table takes over. It hashes by a polynomial modulo 2^61 - 1 at a point drawn at start-up, so no
 * client can prepare names that collide, and a body of a million members costs a million steps.
 */
final class NameSet {
  private static final int COMPARED = 12;
  private static final int LEAST_SLOTS = 64;
  private static final int RETAINED_NAMES = 1024;
  private static final long PRIME = (1L << 61) - 1;
  private static final long POINT = new SecureRandom().nextLong(256, PRIME);

  private final JsonText texts;
  private final MemoryClaim memory;
  private int[] at = new int[COMPARED];
  private int[] length = new int[COMPARED];
  private int count;

  /**
   * 1 + index of a name, or 0 for a free slot. Only slots up to the mask count, and at least half
   * of them are free.
   */
  private int[] slots = new int[0];

  private int mask;

  /**
   * @param memory called with the number of additional bytes before memory grows; may throw
   */
  NameSet(JsonText texts, MemoryClaim memory) {
    this.texts = texts;
    this.memory = memory;
  }

  void clear() {
    count = 0;
  }

  /** Forgets all names, and drops the memory too after an unusually long object. */
  void release() {
    count = 0;
    if (at.length > RETAINED_NAMES) {
      at = new int[COMPARED];
      length = new int[COMPARED];
      slots = new int[0];
    }
  }

  /**
   * Adds a name, which must stay valid until {@link #clear()}.
   *
   * @return false if it was there before
   */
  boolean add(int name, int bytes) {
    if (count < COMPARED) {
      for (int i = 0; i < count; i++) {
        if (same(i, name, bytes)) {
          return false;
        }
      }
      append(name, bytes);
      return true;
    }
    if (count == COMPARED || count * 2 > mask) {
      rebuild();
    }
    int slot = slotOf(name, bytes);
    if (slots[slot] != 0) {
      return false;
    }
    append(name, bytes);
    slots[slot] = count;
    return true;
  }

  private void append(int name, int bytes) {
    if (count == at.length) {
      memory.claim((long) count * 2 * Integer.BYTES);
      at = Arrays.copyOf(at, count * 2);
      length = Arrays.copyOf(length, count * 2);
    }
    at[count] = name;
    length[count] = bytes;
    count++;
  }

  private void rebuild() {
    int size = Math.max(LEAST_SLOTS, Integer.highestOneBit(count) * 4);
    mask = size - 1;
    if (slots.length < size) {
      memory.claim((long) (size - slots.length) * Integer.BYTES);
      slots = new int[size];
    } else {
      Arrays.fill(slots, 0, size, 0);
    }
    for (int i = 0; i < count; i++) {
      slots[slotOf(at[i], length[i])] = i + 1;
    }
  }

  /** The slot that holds this name, or the free one where it belongs. */
  private int slotOf(int name, int bytes) {
    int slot = (int) hash(name, bytes) & mask;
    while (slots[slot] != 0 && !same(slots[slot] - 1, name, bytes)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private boolean same(int i, int name, int bytes) {
    if (length[i] != bytes) {
      return false;
    }
    int mine = JsonText.offsetOf(at[i]);
    int other = JsonText.offsetOf(name);
    return Arrays.equals(
        texts.bytesOf(at[i]), mine, mine + bytes, texts.bytesOf(name), other, other + bytes);
  }

  private long hash(int name, int bytes) {
    byte[] text = texts.bytesOf(name);
    int from = JsonText.offsetOf(name);
    long hash = 1;
    for (int i = from; i < from + bytes; i++) {
      long high = Math.multiplyHigh(hash, POINT);
      long low = hash * POINT;
      hash = (low & PRIME) + (low >>> 61 | high << 3) + (text[i] & 0xff);
      hash = (hash & PRIME) + (hash >>> 61);
    }
    return hash;
  }
}
