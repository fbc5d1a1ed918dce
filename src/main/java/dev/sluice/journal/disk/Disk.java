package dev.sluice.journal.disk;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The file system as the journal uses it, and nothing more: the seam at which tests lose power, run
 * out of space and break syncs. Thread-safe.
 *
 * <p>A created, renamed or deleted name is durable only after {@link #syncDirectory}, bytes only
 * after {@link DiskFile#force}.
 */
interface Disk {

  /** Creates the directory and its missing parents durably. */
  void createDirectories(Path directory) throws IOException;

  /** Names in a directory, in no order; empty when there is no such directory. */
  List<String> list(Path directory) throws IOException;

  /** Creates a file for reading and writing; fails when the name is taken. */
  DiskFile create(Path file) throws IOException;

  /** Opens an existing file for reading and writing. */
  DiskFile open(Path file) throws IOException;

  /** Opens an existing file for reading. */
  DiskFile openToRead(Path file) throws IOException;

  /** Renames within one file system, at once; a file of the new name is replaced. */
  void rename(Path from, Path to) throws IOException;

  void delete(Path file) throws IOException;

  void syncDirectory(Path directory) throws IOException;

  /**
   * Locks a directory for this journal alone, against other processes and against this one.
   *
   * @throws IOException naming the directory and the holder when it is taken
   */
  Closeable lock(Path directory) throws IOException;
}
