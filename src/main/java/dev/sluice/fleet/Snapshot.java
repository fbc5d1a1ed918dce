package dev.sluice.fleet;

import dev.sluice.files.AtomicFile;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.CRC32C;
import java.util.zip.CheckedOutputStream;

/**
 * {@code fleet/ledger}: all that the ledger knows, and the offset up to which it has read. Replaced
 * as a whole, so that a crash leaves one state with its offset. Big-endian: magic, version, key of
 * the hash, offset, size of the event file, the ledger, CRC32C of all before.
 */
final class Snapshot {
  private static final int MAGIC = 0x534c464c;
  private static final int VERSION = 2;
  private static final int BUFFER = 1 << 16;

  /**
   * What a snapshot is read into.
   *
   * @param offset first reading not taken in
   * @param eventBytes size of the event file then
   */
  record Read(Ledger ledger, long offset, long eventBytes) {}

  /** Makes the empty ledger that a snapshot is read into. */
  interface Empty {
    Ledger with(long key) throws IOException;
  }

  private final Path file;
  private final AtomicFile writer;

  Snapshot(Path file, AtomicFile writer) {
    this.file = file;
    this.writer = writer;
  }

  void write(Ledger ledger, long offset, long eventBytes) throws IOException {
    writer.replace(file, out -> write(ledger, offset, eventBytes, out));
  }

  private static void write(Ledger ledger, long offset, long eventBytes, OutputStream to)
      throws IOException {
    CheckedOutputStream checked = new CheckedOutputStream(to, new CRC32C());
    DataOutputStream out = new DataOutputStream(new BufferedOutputStream(checked, BUFFER));
    out.writeInt(MAGIC);
    out.writeInt(VERSION);
    out.writeLong(ledger.key());
    out.writeLong(offset);
    out.writeLong(eventBytes);
    ledger.writeTo(out);
    out.flush();
    out.writeLong(checked.getChecksum().getValue());
    out.flush();
  }

  /**
   * Reads the file; empty when there is none.
   *
   * @throws IOException when it cannot be read, is damaged, or was written by a newer build
   */
  Optional<Read> read(Empty empty) throws IOException {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    check();
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file), BUFFER))) {
      int magic = in.readInt();
      int version = in.readInt();
      if (magic != MAGIC || version != VERSION) {
        throw new IOException(
            file + " has version " + version + ", this build reads version " + VERSION);
      }
      Ledger ledger = empty.with(in.readLong());
      long offset = in.readLong();
      long eventBytes = in.readLong();
      ledger.readFrom(in);
      return Optional.of(new Read(ledger, offset, eventBytes));
    }
  }

  private void check() throws IOException {
    long left = Files.size(file) - Long.BYTES;
    CRC32C crc = new CRC32C();
    try (InputStream in = Files.newInputStream(file)) {
      byte[] buffer = new byte[BUFFER];
      while (left > 0) {
        int read = in.readNBytes(buffer, 0, (int) Math.min(buffer.length, left));
        crc.update(buffer, 0, read);
        left -= read;
      }
      if (left < 0 || new DataInputStream(in).readLong() != crc.getValue()) {
        throw new IOException(file + " is damaged: its checksum does not match");
      }
    }
  }
}
