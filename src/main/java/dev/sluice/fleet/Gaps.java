package dev.sluice.fleet;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * The last {@value #MOST} gaps that are over, oldest first, and how many there ever were by cause.
 * Confined to one thread at a time.
 *
 * <p>A gap without another cause is the device's only once it is settled: until then its readings
 * may still come. Only settled gaps count in {@link #settled(Cause)}, which never falls.
 */
final class Gaps {
  static final int MOST = 1 << 16;

  private static final int FIRST = 1 << 8;
  private static final int CAUSES = Cause.values().length;

  private int[] device = new int[FIRST];
  private long[] from = new long[FIRST];
  private long[] to = new long[FIRST];
  private byte[] cause = new byte[FIRST];

  /** Sequence number of the next gap; gaps from {@code next - size} on are kept. */
  private long next;

  private int size;
  private final long[] settled = new long[CAUSES];
  private long unsettled;

  /** Adds a gap and returns its sequence number. */
  long add(int gapDevice, long fromMicros, long toMicros, Cause why, boolean isSettled) {
    if (size == device.length && size < MOST) {
      grow();
    }
    int at = index(next);
    device[at] = gapDevice;
    from[at] = fromMicros;
    to[at] = toMicros;
    cause[at] = (byte) why.code();
    size = Math.min(size + 1, device.length);
    if (isSettled) {
      settled[why.code()]++;
    } else {
      unsettled++;
    }
    return next++;
  }

  /** Settles a gap that was added unsettled. */
  void settle(long sequence, Cause why) {
    unsettled--;
    settled[why.code()]++;
    if (sequence >= next - size) {
      cause[index(sequence)] = (byte) why.code();
    }
  }

  /** Settled gaps of this cause, ever. */
  long settled(Cause why) {
    return settled[why.code()];
  }

  /** Gaps of this cause, ever, by what is known now. */
  long total(Cause why) {
    return settled(why) + (why == Cause.DEVICE ? unsettled : 0);
  }

  /** Sequence number of the oldest gap kept. */
  long first() {
    return next - size;
  }

  /** Sequence number that the next gap will get. */
  long end() {
    return next;
  }

  int device(long sequence) {
    return device[index(sequence)];
  }

  long fromMicros(long sequence) {
    return from[index(sequence)];
  }

  long toMicros(long sequence) {
    return to[index(sequence)];
  }

  Cause cause(long sequence) {
    return Cause.of(cause[index(sequence)]);
  }

  void writeTo(DataOutput out) throws IOException {
    for (long count : settled) {
      out.writeLong(count);
    }
    out.writeLong(unsettled);
    out.writeLong(next);
    out.writeInt(size);
    for (long at = first(); at < next; at++) {
      out.writeInt(device(at));
      out.writeLong(fromMicros(at));
      out.writeLong(toMicros(at));
      out.writeByte(cause[index(at)]);
    }
  }

  void readFrom(DataInput in) throws IOException {
    for (int i = 0; i < CAUSES; i++) {
      settled[i] = in.readLong();
    }
    unsettled = in.readLong();
    long end = in.readLong();
    int kept = in.readInt();
    while (device.length < kept) {
      grow();
    }
    size = kept;
    next = end;
    for (long at = first(); at < next; at++) {
      int i = index(at);
      device[i] = in.readInt();
      from[i] = in.readLong();
      to[i] = in.readLong();
      cause[i] = in.readByte();
    }
  }

  private void grow() {
    int longer = device.length * 2;
    int[] devices = new int[longer];
    long[] froms = new long[longer];
    long[] tos = new long[longer];
    byte[] causes = new byte[longer];
    for (long at = first(); at < next; at++) {
      int target = (int) (at & (longer - 1));
      int source = index(at);
      devices[target] = device[source];
      froms[target] = from[source];
      tos[target] = to[source];
      causes[target] = cause[source];
    }
    device = devices;
    from = froms;
    to = tos;
    cause = causes;
  }

  private int index(long sequence) {
    return (int) (sequence & (device.length - 1));
  }
}
