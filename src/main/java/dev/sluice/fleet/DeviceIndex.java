package dev.sluice.fleet;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * From a name to a device's number: open addressing over one array of longs, half a hash and a
 * number each, at most three quarters full. The hash has a key of this process, so that no sender
 * can choose names that meet. A hit costs about two cache misses, the slot and the name. Confined
 * to one thread at a time.
 *
 * <p>The upper half of a slot is the hash, of which the position follows, so growing needs no name.
 */
final class DeviceIndex {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long MIX = 0x9e37_79b9_7f4a_7c15L;
  private static final long MIX_2 = 0xd6e8_feb8_6659_fd93L;
  private static final int FIRST_SLOTS = 1 << 10;

  private final Devices devices;
  private final long key;
  private long[] slots = new long[FIRST_SLOTS];
  private int used;

  DeviceIndex(Devices devices, long key) {
    this.devices = devices;
    this.key = key;
  }

  /** A hash of the name, different in each process. */
  long hash(byte[] name, int from, int length) {
    long hash = key ^ length * MIX;
    int at = from;
    int left = length;
    for (; left > Long.BYTES; left -= Long.BYTES, at += Long.BYTES) {
      hash = fold(hash ^ (long) LONG.get(name, at), MIX);
    }
    return fold(hash ^ rest(name, at, left), MIX_2);
  }

  /** The number of the device with this name, or -1. */
  int find(long hash, byte[] name, int from, int length) {
    long[] table = slots;
    long tag = hash >>> 32;
    int at = position(tag, table.length);
    while (true) {
      long slot = table[at];
      if (slot == 0) {
        return -1;
      }
      if (slot >>> 32 == tag) {
        int device = (int) slot - 1;
        if (devices.isNamed(device, name, from, length)) {
          return device;
        }
      }
      at = at + 1 == table.length ? 0 : at + 1;
    }
  }

  /** The first device with half of this hash, most likely the one; -1 if there is none. */
  int likely(long hash) {
    long tag = hash >>> 32;
    int at = position(tag, slots.length);
    while (slots[at] != 0) {
      if (slots[at] >>> 32 == tag) {
        return (int) slots[at] - 1;
      }
      at = next(at);
    }
    return -1;
  }

  /** Enters a device whose name is not in yet. */
  void add(long hash, int device) {
    if ((used + 1) * 4L > slots.length * 3L) {
      grow();
    }
    put(slots, (hash >>> 32 << 32) | (device + 1));
    used++;
  }

  /** Takes a device out. */
  void remove(long hash, int device) {
    long wanted = (hash >>> 32 << 32) | (device + 1);
    int at = position(hash >>> 32, slots.length);
    while (slots[at] != wanted) {
      if (slots[at] == 0) {
        throw new AssertionError("device " + device + " is not in the index");
      }
      at = next(at);
    }
    close(at);
    used--;
  }

  long bytes() {
    return (long) slots.length * Long.BYTES;
  }

  /** Moves back what was pushed beyond the slot that becomes empty. */
  private void close(int empty) {
    int hole = empty;
    for (int at = next(hole); slots[at] != 0; at = next(at)) {
      int home = position(slots[at] >>> 32, slots.length);
      boolean between = hole < at ? hole < home && home <= at : hole < home || home <= at;
      if (!between) {
        slots[hole] = slots[at];
        hole = at;
      }
    }
    slots[hole] = 0;
  }

  private int next(int at) {
    return at + 1 == slots.length ? 0 : at + 1;
  }

  private void grow() {
    long[] wider = new long[Math.addExact(slots.length, slots.length >> 1)];
    for (long slot : slots) {
      if (slot != 0) {
        put(wider, slot);
      }
    }
    slots = wider;
  }

  private static void put(long[] table, long slot) {
    int at = position(slot >>> 32, table.length);
    while (table[at] != 0) {
      at = at + 1 == table.length ? 0 : at + 1;
    }
    table[at] = slot;
  }

  private static int position(long tag, int length) {
    return (int) ((tag * length) >>> 32);
  }

  /** The last one to eight bytes, or none. */
  private static long rest(byte[] name, int at, int left) {
    if (left == Long.BYTES) {
      return (long) LONG.get(name, at);
    }
    if (left >= Integer.BYTES) {
      return ((int) INT.get(name, at) & 0xffff_ffffL)
          | ((long) (int) INT.get(name, at + left - Integer.BYTES) << 32);
    }
    long rest = 0;
    for (int i = 0; i < left; i++) {
      rest = (rest << 8) | (name[at + i] & 0xff);
    }
    return rest;
  }

  private static long fold(long a, long b) {
    long odd = b | 1;
    return a * odd ^ Math.unsignedMultiplyHigh(a, odd);
  }
}
