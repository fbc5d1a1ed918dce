package dev.sluice.journal.disk;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * One open file of a {@link Disk}. Every position is given, so those who read share nothing; one
 * thread at a time writes or truncates. An interrupt harms neither of these two; a thread that
 * reads or syncs must not be interrupted.
 */
interface DiskFile extends Closeable {

  /** Reads at most what remains in the buffer; -1 at the end of the file. */
  int read(ByteBuffer into, long position) throws IOException;

  /** Writes all that remains in the buffer, backed by an array, or throws with any part written. */
  void write(ByteBuffer from, long position) throws IOException;

  /** Makes bytes and size durable. After a failure the lost bytes may look clean: never retry. */
  void force() throws IOException;

  void truncate(long sizeBytes) throws IOException;

  long size() throws IOException;
}
