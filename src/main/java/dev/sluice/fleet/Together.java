package dev.sluice.fleet;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The last {@value #MOST} groups of gaps that began together. Confined to one thread at a time. */
final class Together {
  static final int MOST = 100;

  /** Gaps with one cause that began at one time. */
  static final class Group {
    final Cause cause;

    /** When, in microseconds since the epoch. */
    final long fromMicros;

    int devices;

    /** Devices that are not back. */
    int open;

    /** When the last one so far was back. */
    long toMicros;

    Group(Cause cause, long fromMicros) {
      this.cause = cause;
      this.fromMicros = fromMicros;
    }

    /** One more device's gap belongs to it. */
    void join(boolean isOpen) {
      devices++;
      open += isOpen ? 1 : 0;
    }

    /** One of its devices is back. */
    void back(boolean wasOpen, long atMicros) {
      open -= wasOpen && open > 0 ? 1 : 0;
      toMicros = Math.max(toMicros, atMicros);
    }
  }

  private final List<Group> groups = new ArrayList<>();

  /** Oldest first. */
  List<Group> all() {
    return groups;
  }

  /** The newest group with this cause that began in this stretch, microseconds since the epoch. */
  @Nullable Group find(Cause cause, long from, long to) {
    for (int i = groups.size() - 1; i >= 0; i--) {
      Group group = groups.get(i);
      if (group.cause == cause && from <= group.fromMicros && group.fromMicros <= to) {
        return group;
      }
    }
    return null;
  }

  /** A new group without devices. */
  Group begin(Cause cause, long fromMicros) {
    if (groups.size() == MOST) {
      groups.remove(0);
    }
    Group group = new Group(cause, fromMicros);
    groups.add(group);
    return group;
  }

  void writeTo(DataOutput out) throws IOException {
    out.writeInt(groups.size());
    for (Group group : groups) {
      out.writeByte(group.cause.code());
      out.writeLong(group.fromMicros);
      out.writeInt(group.devices);
      out.writeInt(group.open);
      out.writeLong(group.toMicros);
    }
  }

  void readFrom(DataInput in) throws IOException {
    int count = in.readInt();
    for (int i = 0; i < count; i++) {
      Group group = new Group(Cause.of(in.readByte()), in.readLong());
      group.devices = in.readInt();
      group.open = in.readInt();
      group.toMicros = in.readLong();
      groups.add(group);
    }
  }
}
