package dev.sluice.migration.verify;

import dev.sluice.reading.Identity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * The readings of one ts that have no match in the other store yet: kept as a set, since the stores
 * return them in no particular order. Confined to one thread.
 *
 * <p>A hash table over bytes, with linear probing: of a fleet that reports on the second, most
 * readings come through here, and an object for each would cost more than reading it.
 */
final class OneTs {
  private static final int LEAST_SLOTS = 16;

  private static final byte FREE = 0;
  private static final byte LEFT = 1;
  private static final byte RIGHT = 2;

  /** Matched; stays until the table is rebuilt, so that what was put behind it is found. */
  private static final byte GONE = 3;

  private final long tsMicros;
  private final Map<Identity, Difference> found = new TreeMap<>(Difference.ORDER);
  private Table table = new Table(LEAST_SLOTS);
  private int unmatched;

  OneTs(long tsMicros) {
    this.tsMicros = tsMicros;
  }

  void left(Head reading) {
    add(reading, LEFT);
  }

  void right(Head reading) {
    add(reading, RIGHT);
  }

  /** Readings held; bounding this bounds the memory used. */
  int size() {
    return unmatched + found.size();
  }

  /** Reports the differences, once all readings of the ts have been added. */
  void finish(Differences each) throws IOException {
    for (int slot = 0; slot < table.slots(); slot++) {
      if (table.holds(slot)) {
        found(alone(table.identity(slot, tsMicros), table.value[slot], table.state[slot]));
      }
    }
    for (Difference difference : found.values()) {
      each.add(difference);
    }
  }

  private void add(Head reading, byte side) {
    int slot = table.find(reading);
    byte there = table.state[slot];
    if (there == FREE) {
      if (table.isFull()) {
        table = table.rebuilt(unmatched);
        slot = table.find(reading);
      }
      table.put(slot, reading, side);
      unmatched++;
    } else if (there == side) {
      // A store that returns one identity twice has one reading too many.
      found(alone(reading.identity(), table.value[slot], side));
      table.value[slot] = reading.value();
    } else {
      double left = side == LEFT ? reading.value() : table.value[slot];
      double right = side == LEFT ? table.value[slot] : reading.value();
      if (!Difference.sameBits(left, right)) {
        found(new Difference(reading.identity(), left, right));
      }
      table.state[slot] = GONE;
      unmatched--;
    }
  }

  private static Difference alone(Identity identity, double value, byte side) {
    return side == LEFT
        ? new Difference(identity, value, Double.NaN)
        : new Difference(identity, Double.NaN, value);
  }

  private void found(Difference difference) {
    found.putIfAbsent(difference.identity(), difference);
  }

  /** Slots, a power of two of them. */
  private static final class Table {
    private final byte[] state;
    private final int[] hash;
    private final double[] value;

    /** Where in {@code names} the device begins; the metric follows it. */
    private final int[] nameAt;

    private final int[] deviceLength;
    private final int[] metricLength;
    private byte[] names;
    private int namesUsed;
    private int used;

    Table(int slots) {
      state = new byte[slots];
      hash = new int[slots];
      value = new double[slots];
      nameAt = new int[slots];
      deviceLength = new int[slots];
      metricLength = new int[slots];
      names = new byte[4 * slots];
    }

    int slots() {
      return state.length;
    }

    boolean isFull() {
      return 2 * used >= slots();
    }

    boolean holds(int slot) {
      return state[slot] == LEFT || state[slot] == RIGHT;
    }

    /** The slot that holds this identity, or the free one where it would go. */
    int find(Head reading) {
      int wanted = reading.hash();
      int slot = first(wanted);
      while (state[slot] != FREE
          && !(holds(slot)
              && hash[slot] == wanted
              && reading.isNamed(names, nameAt[slot], deviceLength[slot], metricLength[slot]))) {
        slot = slot + 1 & slots() - 1;
      }
      return slot;
    }

    private int first(int wanted) {
      return wanted & slots() - 1;
    }

    void put(int slot, Head reading, byte side) {
      int length = reading.deviceLength() + reading.metricLength();
      reserve(length);
      reading.copyNames(names, namesUsed);
      set(slot, side, reading.hash(), reading.value(), namesUsed);
      deviceLength[slot] = reading.deviceLength();
      metricLength[slot] = reading.metricLength();
      namesUsed += length;
    }

    private void set(int slot, byte side, int newHash, double newValue, int newNameAt) {
      state[slot] = side;
      hash[slot] = newHash;
      value[slot] = newValue;
      nameAt[slot] = newNameAt;
      used++;
    }

    private void reserve(int more) {
      if (namesUsed + more > names.length) {
        names = Arrays.copyOf(names, Math.max(namesUsed + more, 2 * names.length));
      }
    }

    /** The same without what is gone, at most a quarter full. */
    Table rebuilt(int held) {
      Table next = new Table(Math.max(LEAST_SLOTS, Integer.highestOneBit(8 * held + 1)));
      for (int from = 0; from < slots(); from++) {
        if (holds(from)) {
          int length = deviceLength[from] + metricLength[from];
          int to = next.first(hash[from]);
          while (next.state[to] != FREE) {
            to = to + 1 & next.slots() - 1;
          }
          next.reserve(length);
          System.arraycopy(names, nameAt[from], next.names, next.namesUsed, length);
          next.set(to, state[from], hash[from], value[from], next.namesUsed);
          next.deviceLength[to] = deviceLength[from];
          next.metricLength[to] = metricLength[from];
          next.namesUsed += length;
        }
      }
      return next;
    }

    Identity identity(int slot, long tsMicros) {
      int metricAt = nameAt[slot] + deviceLength[slot];
      return new Identity(
          new String(names, nameAt[slot], deviceLength[slot], StandardCharsets.UTF_8),
          new String(names, metricAt, metricLength[slot], StandardCharsets.UTF_8),
          tsMicros);
    }
  }
}
