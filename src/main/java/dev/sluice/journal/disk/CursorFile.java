package dev.sluice.journal.disk;

import dev.sluice.journal.Progress;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * {@code cursors/<name>.cursor}: two slots, each with a sequence number and a checksum, written in
 * turns and synced, so that a torn write leaves the one before. The newest valid one counts.
 * Confined to one thread at a time.
 *
 * <p>A slot, little-endian: {@code u64 magic, i64 sequence, i64 origin, i64 offset, i64 delivered,
 * i64 deadLettered, i64 lost, u32 CRC32C of all before}; the second starts at {@value #SLOT_BYTES}.
 *
 * <p>A sink that came from another journal goes on counting as it did there. Its slots have another
 * magic, and {@code i64 shift} before the checksum: what to add to its offsets for those of this
 * journal.
 */
final class CursorFile implements Closeable {
  private static final long MAGIC = 0x5543_524a_4349_4c53L;
  private static final long SHIFTED_MAGIC = 0x5344_524a_4349_4c53L;
  private static final int SLOT_BYTES = 4096;
  private static final int CRC_AT = 56;
  private static final int SHIFTED_CRC_AT = CRC_AT + Long.BYTES;
  private static final int USED_BYTES = SHIFTED_CRC_AT + Integer.BYTES;

  private final DiskFile file;
  private Slot newest;

  private CursorFile(DiskFile file, Slot newest) {
    this.file = file;
    this.newest = newest;
  }

  /**
   * Opens an existing file; empty when no slot of it is valid. Synced before it is believed: what
   * is read may be a write whose sync failed.
   */
  static Optional<CursorFile> open(Disk disk, Path path) throws IOException {
    DiskFile file = disk.open(path);
    try {
      file.force();
      Optional<CursorFile> cursor =
          newest(slot(file, 0), slot(file, 1)).map(s -> new CursorFile(file, s));
      if (cursor.isEmpty()) {
        file.close();
      }
      return cursor;
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }

  /** Creates a file with this state, durably but for its name. */
  static CursorFile create(Disk disk, Path path, Progress first) throws IOException {
    return create(disk, path, first, 0);
  }

  /** Likewise, for a sink whose offsets are not those of the journal. */
  static CursorFile create(Disk disk, Path path, Progress first, long shift) throws IOException {
    CursorFile cursor = new CursorFile(disk.create(path), new Slot(0, first, shift));
    try {
      cursor.write(first);
      return cursor;
    } catch (IOException e) {
      cursor.close();
      throw e;
    }
  }

  /** The newest persisted state. */
  Progress state() {
    return newest.state;
  }

  /** What to add to the offset of a state for that of the journal. */
  long shift() {
    return newest.shift;
  }

  /** The journal's offset of the first reading not settled. */
  long place() {
    return newest.state.offset() + newest.shift;
  }

  /** Persists a state; after a failure the one before still counts and the same slot is next. */
  void write(Progress state) throws IOException {
    Slot next = new Slot(newest.sequence + 1, state, newest.shift);
    file.write(next.encode(), next.sequence % 2 * SLOT_BYTES);
    file.force();
    newest = next;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  private static Optional<Slot> slot(DiskFile file, int index) throws IOException {
    ByteBuffer slot = ByteBuffer.allocate(USED_BYTES);
    while (slot.hasRemaining()
        && file.read(slot, (long) index * SLOT_BYTES + slot.position()) > 0) {}
    return Slot.decode(slot.array());
  }

  private static Optional<Slot> newest(Optional<Slot> a, Optional<Slot> b) {
    if (a.isPresent() && b.isPresent()) {
      return a.get().sequence > b.get().sequence ? a : b;
    }
    return a.or(() -> b);
  }

  private record Slot(long sequence, Progress state, long shift) {
    ByteBuffer encode() {
      ByteBuffer slot = ByteBuffer.allocate(USED_BYTES).order(ByteOrder.LITTLE_ENDIAN);
      slot.putLong(shift == 0 ? MAGIC : SHIFTED_MAGIC).putLong(sequence);
      slot.putLong(state.origin()).putLong(state.offset());
      slot.putLong(state.delivered()).putLong(state.deadLettered()).putLong(state.lost());
      if (shift != 0) {
        slot.putLong(shift);
      }
      return slot.putInt(checksum(slot.array(), slot.position())).flip();
    }

    /** A slot that the file has no bytes for is all zeros. */
    static Optional<Slot> decode(byte[] bytes) {
      ByteBuffer slot = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
      long magic = slot.getLong(0);
      int crcAt = magic == SHIFTED_MAGIC ? SHIFTED_CRC_AT : CRC_AT;
      if ((magic != MAGIC && magic != SHIFTED_MAGIC)
          || slot.getInt(crcAt) != checksum(bytes, crcAt)) {
        return Optional.empty();
      }
      Progress state =
          new Progress(
              slot.getLong(16),
              slot.getLong(24),
              slot.getLong(32),
              slot.getLong(40),
              slot.getLong(48));
      long shift = magic == SHIFTED_MAGIC ? slot.getLong(CRC_AT) : 0;
      return Optional.of(new Slot(slot.getLong(8), state, shift));
    }
  }

  private static int checksum(byte[] slot, int length) {
    CRC32C crc = new CRC32C();
    crc.update(slot, 0, length);
    return (int) crc.getValue();
  }
}
