package dev.sluice.fleet;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * What is kept of each device, by its number: rows of primitives, in pages that are never copied.
 * 48 bytes a device, beside its name and its slot in the index. Confined to one thread at a time.
 *
 * <p>Times are kept in ticks of 10 ms, of which the lower 32 bits suffice for 497 days; a sweep
 * holds no time back further than {@link #OLDEST_TICKS}.
 */
final class Devices {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.nativeOrder());
  private static final VarHandle FLOAT =
      MethodHandles.byteArrayViewVarHandle(float[].class, ByteOrder.nativeOrder());
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.nativeOrder());

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

  /**
   * {@value #PAGE} devices, a row each in two arrays: what a sweep looks at, and the rest. An
   * arrival touches all of it, and finds it in two places of memory instead of in one for each
   * column.
   */
  static final class Page {
    private static final int RHYTHM_BYTES = 16;
    private static final int LAST = 0;
    private static final int INTERVAL = 4;
    private static final int JITTER = 8;
    private static final int STATE = 12;
    private static final int SEEN = 13;
    private static final int RUNS = 14;

    private static final int HISTORY_BYTES = 32;
    private static final int NAME = 0;
    private static final int FIRST = 4;
    private static final int TS = 8;
    private static final int LATENESS = 16;
    private static final int LONGEST = 20;
    private static final int READINGS = 24;
    private static final int GAPS = 28;

    private final byte[] rhythm = new byte[PAGE * RHYTHM_BYTES];
    private final byte[] history = new byte[PAGE * HISTORY_BYTES];

    /** Place of the name. */
    int name(int i) {
      return (int) INT.get(history, i * HISTORY_BYTES + NAME);
    }

    void name(int i, int place) {
      INT.set(history, i * HISTORY_BYTES + NAME, place);
    }

    /** First arrival, in seconds since the epoch. */
    int first(int i) {
      return (int) INT.get(history, i * HISTORY_BYTES + FIRST);
    }

    void first(int i, int seconds) {
      INT.set(history, i * HISTORY_BYTES + FIRST, seconds);
    }

    /** Last arrival, the lower bits of its tick. */
    int last(int i) {
      return (int) INT.get(rhythm, i * RHYTHM_BYTES + LAST);
    }

    void last(int i, int tick) {
      INT.set(rhythm, i * RHYTHM_BYTES + LAST, tick);
    }

    /** Greatest ts of the last arrival, in microseconds. */
    long ts(int i) {
      return (long) LONG.get(history, i * HISTORY_BYTES + TS);
    }

    void ts(int i, long micros) {
      LONG.set(history, i * HISTORY_BYTES + TS, micros);
    }

    /** Typical interval, in seconds. */
    float interval(int i) {
      return (float) FLOAT.get(rhythm, i * RHYTHM_BYTES + INTERVAL);
    }

    void interval(int i, float seconds) {
      FLOAT.set(rhythm, i * RHYTHM_BYTES + INTERVAL, seconds);
    }

    /** Mean deviation from that, in seconds. */
    float jitter(int i) {
      return (float) FLOAT.get(rhythm, i * RHYTHM_BYTES + JITTER);
    }

    void jitter(int i, float seconds) {
      FLOAT.set(rhythm, i * RHYTHM_BYTES + JITTER, seconds);
    }

    /** From ts to arrival, mean, in seconds. */
    float lateness(int i) {
      return (float) FLOAT.get(history, i * HISTORY_BYTES + LATENESS);
    }

    void lateness(int i, float seconds) {
      FLOAT.set(history, i * HISTORY_BYTES + LATENESS, seconds);
    }

    /** Longest gap, in seconds. */
    float longest(int i) {
      return (float) FLOAT.get(history, i * HISTORY_BYTES + LONGEST);
    }

    void longest(int i, float seconds) {
      FLOAT.set(history, i * HISTORY_BYTES + LONGEST, seconds);
    }

    /** Readings, unsigned; stays at the greatest number. */
    int readings(int i) {
      return (int) INT.get(history, i * HISTORY_BYTES + READINGS);
    }

    void readings(int i, int count) {
      INT.set(history, i * HISTORY_BYTES + READINGS, count);
    }

    /** Gaps, unsigned; stays at the greatest number. */
    short gaps(int i) {
      return (short) SHORT.get(history, i * HISTORY_BYTES + GAPS);
    }

    void gaps(int i, short count) {
      SHORT.set(history, i * HISTORY_BYTES + GAPS, count);
    }

    /** Flags of {@link Devices}. */
    byte state(int i) {
      return rhythm[i * RHYTHM_BYTES + STATE];
    }

    void state(int i, byte flags) {
      rhythm[i * RHYTHM_BYTES + STATE] = flags;
    }

    /** Intervals seen, up to {@link Rhythm#ENOUGH}. */
    byte seen(int i) {
      return rhythm[i * RHYTHM_BYTES + SEEN];
    }

    void seen(int i, byte intervals) {
      rhythm[i * RHYTHM_BYTES + SEEN] = intervals;
    }

    /** Short intervals in a row, and gaps in a row; see {@link Rhythm}. */
    byte runs(int i) {
      return rhythm[i * RHYTHM_BYTES + RUNS];
    }

    void runs(int i, byte runs) {
      rhythm[i * RHYTHM_BYTES + RUNS] = runs;
    }

    boolean is(int i, int flag) {
      return (state(i) & flag) != 0;
    }

    void set(int i, int flag) {
      state(i, (byte) (state(i) | flag));
    }

    void clear(int i, int flags) {
      state(i, (byte) (state(i) & ~flags));
    }
  }

  /** Heap of one page, in bytes. */
  static final long PAGE_BYTES = (long) PAGE * (Page.RHYTHM_BYTES + Page.HISTORY_BYTES);

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
    page(device).name(row(device), place);
    index.add(hash, device);
    return device;
  }

  /**
   * Loads what {@link DeviceIndex#find} and an arrival will look at for each of these hashes. Where
   * one waits for memory after the other, this waits for many at once: with a million devices
   * nothing of them is in the processor's caches.
   *
   * @param devices room for {@code count} numbers
   * @return of no meaning; keep it, so that the loads are made
   */
  int preload(long[] hashes, int[] devices, int count) {
    for (int n = 0; n < count; n++) {
      devices[n] = index.likely(hashes[n]);
    }
    int sum = 0;
    for (int n = 0; n < count; n++) {
      if (devices[n] >= 0) {
        Page page = page(devices[n]);
        int i = row(devices[n]);
        sum += page.state(i);
        devices[n] = page.name(i);
      }
    }
    for (int n = 0; n < count; n++) {
      sum += devices[n] < 0 ? 0 : names.length(devices[n]);
    }
    return sum;
  }

  boolean isNamed(int device, byte[] name, int from, int length) {
    return names.is(page(device).name(row(device)), name, from, length);
  }

  String name(int device) {
    return names.at(page(device).name(row(device)), scratch);
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
      int length = names.copy(page.name(i), name);
      out.writeByte(length);
      out.write(name, 0, length);
      out.writeInt(page.first(i));
      out.writeInt(page.last(i));
      out.writeLong(page.ts(i));
      out.writeFloat(page.interval(i));
      out.writeFloat(page.jitter(i));
      out.writeFloat(page.lateness(i));
      out.writeFloat(page.longest(i));
      out.writeInt(page.readings(i));
      out.writeShort(page.gaps(i));
      out.writeByte(page.state(i));
      out.writeByte(page.seen(i));
      out.writeByte(page.runs(i));
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
      page.first(i, in.readInt());
      page.last(i, in.readInt());
      page.ts(i, in.readLong());
      page.interval(i, in.readFloat());
      page.jitter(i, in.readFloat());
      page.lateness(i, in.readFloat());
      page.longest(i, in.readFloat());
      page.readings(i, in.readInt());
      page.gaps(i, in.readShort());
      page.state(i, in.readByte());
      page.seen(i, in.readByte());
      page.runs(i, in.readByte());
    }
  }
}
