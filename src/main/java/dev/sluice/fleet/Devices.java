package dev.sluice.fleet;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What is kept of each device, by its number: parallel arrays of primitives, in pages that are
 * never copied. 45 bytes a device, beside its name and its slot in the index. Confined to one
 * thread at a time.
 *
 * <p>Times are kept in ticks of 10 ms, of which the lower 32 bits suffice for 497 days; a sweep
 * holds no time back further than {@link #OLDEST_TICKS}.
 */
final class Devices {
  static final long TICK_MICROS = 10_000;

  /** 400 days: what is older looks as if it were this old. */
  static final long OLDEST_TICKS = 400L * 86_400 * 100;

  static final int PAGE_SHIFT = 12;
  static final int PAGE = 1 << PAGE_SHIFT;
  private static final int PAGE_MASK = PAGE - 1;

  /** What {@link Page#state} has bits for. */
  static final int SILENT = 1;

  /** No longer watched: silent for very long, or by command. */
  static final int RETIRED = 2;

  /** The onset of its present gap counts among those that began together. */
  static final int COUNTED = 4;

  /** Its present gap is one of a group. */
  static final int GROUPED = 8;

  /** Its last gap may still turn out to be one of readings that come late. */
  static final int UNSETTLED = 16;

  /** The columns of {@value #PAGE} devices. */
  static final class Page {
    final int[] name = new int[PAGE];

    /** First arrival, in seconds since the epoch. */
    final int[] first = new int[PAGE];

    /** Last arrival, the lower bits of its tick. */
    final int[] last = new int[PAGE];

    /** Greatest ts of the last arrival, in microseconds. */
    final long[] ts = new long[PAGE];

    /** Typical interval, in seconds. */
    final float[] interval = new float[PAGE];

    /** Mean deviation from that, in seconds. */
    final float[] jitter = new float[PAGE];

    /** From ts to arrival, mean, in seconds. */
    final float[] lateness = new float[PAGE];

    /** Longest gap, in seconds. */
    final float[] longest = new float[PAGE];

    /** Readings, unsigned; stays at the greatest number. */
    final int[] readings = new int[PAGE];

    /** Gaps, unsigned; stays at the greatest number. */
    final short[] gaps = new short[PAGE];

    final byte[] state = new byte[PAGE];

    /** Intervals seen, up to {@link Rhythm#ENOUGH}. */
    final byte[] seen = new byte[PAGE];

    /** Short intervals in a row, and gaps in a row; see {@link Rhythm}. */
    final byte[] runs = new byte[PAGE];

    boolean is(int i, int flag) {
      return (state[i] & flag) != 0;
    }

    void set(int i, int flag) {
      state[i] |= (byte) flag;
    }

    void clear(int i, int flags) {
      state[i] &= (byte) ~flags;
    }
  }

  /** Heap of one page, in bytes. */
  static final long PAGE_BYTES = 45L * PAGE;

  private final Names names;
  private final DeviceIndex index;
  private final List<Page> pages = new ArrayList<>();
  private final byte[] scratch = new byte[256];
  private int count;

  Devices(Names names, long key) {
    this.names = names;
    this.index = new DeviceIndex(this, key);
  }

  int count() {
    return count;
  }

  DeviceIndex index() {
    return index;
  }

  Page page(int device) {
    return pages.get(device >> PAGE_SHIFT);
  }

  static int row(int device) {
    return device & PAGE_MASK;
  }

  /**
   * Adds a device that the index does not have.
   *
   * @return its number
   * @throws IOException if its name cannot be kept: nothing is added
   */
  int add(long hash, byte[] name, int from, int length) throws IOException {
    int place = names.add(name, from, length);
    if (count == pages.size() << PAGE_SHIFT) {
      pages.add(new Page());
    }
    int device = count++;
    page(device).name[row(device)] = place;
    index.add(hash, device);
    return device;
  }

  boolean isNamed(int device, byte[] name, int from, int length) {
    return names.is(page(device).name[row(device)], name, from, length);
  }

  String name(int device) {
    return names.at(page(device).name[row(device)], scratch);
  }

  /** Memory held for devices, names included. */
  long bytes() {
    return pages.size() * PAGE_BYTES + index.bytes() + names.bytes();
  }

  void writeTo(DataOutput out) throws IOException {
    byte[] name = new byte[256];
    out.writeInt(count);
    for (int device = 0; device < count; device++) {
      Page page = page(device);
      int i = row(device);
      int length = names.copy(page.name[i], name);
      out.writeByte(length);
      out.write(name, 0, length);
      out.writeInt(page.first[i]);
      out.writeInt(page.last[i]);
      out.writeLong(page.ts[i]);
      out.writeFloat(page.interval[i]);
      out.writeFloat(page.jitter[i]);
      out.writeFloat(page.lateness[i]);
      out.writeFloat(page.longest[i]);
      out.writeInt(page.readings[i]);
      out.writeShort(page.gaps[i]);
      out.writeByte(page.state[i]);
      out.writeByte(page.seen[i]);
      out.writeByte(page.runs[i]);
    }
  }

  void readFrom(DataInput in) throws IOException {
    byte[] name = new byte[256];
    int devices = in.readInt();
    for (int n = 0; n < devices; n++) {
      int length = in.readUnsignedByte();
      in.readFully(name, 0, length);
      int device = add(index.hash(name, 0, length), name, 0, length);
      Page page = page(device);
      int i = row(device);
      page.first[i] = in.readInt();
      page.last[i] = in.readInt();
      page.ts[i] = in.readLong();
      page.interval[i] = in.readFloat();
      page.jitter[i] = in.readFloat();
      page.lateness[i] = in.readFloat();
      page.longest[i] = in.readFloat();
      page.readings[i] = in.readInt();
      page.gaps[i] = in.readShort();
      page.state[i] = in.readByte();
      page.seen[i] = in.readByte();
      page.runs[i] = in.readByte();
    }
  }
}
