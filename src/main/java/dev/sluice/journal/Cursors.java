package dev.sluice.journal;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory {@code cursors/} and the cursors opened from it. Thread-safe. Segments that all
 * opened cursors have passed are deleted; while none is opened, none is.
 */
final class Cursors {
  private static final Logger LOG = LoggerFactory.getLogger(Cursors.class);
  private static final String SUFFIX = ".cursor";

  private final Disk disk;
  private final Path directory;
  private final Quarantine quarantine;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Cursor> open = new HashMap<>();
  private boolean closed;

  Cursors(Disk disk, Path journal, Quarantine quarantine) {
    this.disk = disk;
    this.directory = journal.resolve("cursors");
    this.quarantine = quarantine;
  }

  /** The greatest offset any cursor on disk has come to; 0 when there is none. */
  long furthest() throws IOException {
    long furthest = 0;
    for (String name : disk.list(directory)) {
      if (name.endsWith(SUFFIX)) {
        Optional<CursorFile> file = CursorFile.open(disk, directory.resolve(name));
        if (file.isPresent()) {
          furthest = Math.max(furthest, file.get().state().offset());
          file.get().close();
        }
      }
    }
    return furthest;
  }

  /** The one cursor of this name, opened by the first call. */
  Cursor open(String name, Segments segments, Tail tail) throws IOException {
    if (!name.matches("[a-z0-9][a-z0-9_-]{0,63}")) {
      throw new IllegalArgumentException(
          "cursor name \"" + name + "\", allowed are 1..64 of a-z, 0-9, _ and -");
    }
    lock.lock();
    try {
      if (closed) {
        throw new IOException("cursor " + name + " cannot be opened: the journal is closed");
      }
      Cursor cursor = open.get(name);
      if (cursor == null) {
        CursorFile file = openFile(directory.resolve(name + SUFFIX), segments);
        cursor = new Cursor(name, file, tail, () -> segments.deleteBelow(least()));
        open.put(name, cursor);
      }
      return cursor;
    } finally {
      lock.unlock();
    }
  }

  void close() {
    lock.lock();
    try {
      closed = true;
      open.values().forEach(Cursor::close);
    } finally {
      lock.unlock();
    }
  }

  private CursorFile openFile(Path path, Segments segments) throws IOException {
    disk.createDirectories(directory);
    if (disk.list(directory).contains(path.getFileName() + "")) {
      Optional<CursorFile> found = CursorFile.open(disk, path);
      if (found.isPresent()) {
        return found.get();
      }
      LOG.warn(
          "{} is unreadable: delivery starts again from the oldest reading kept, {}",
          path,
          segments.oldest().baseOffset());
      quarantine.move(path);
    }
    CursorState start = CursorState.at(segments.oldest().baseOffset());
    CursorFile file = CursorFile.create(disk, path, start);
    disk.syncDirectory(directory);
    return file;
  }

  private long least() {
    lock.lock();
    try {
      return open.values().stream().mapToLong(c -> c.state().offset()).min().orElse(0);
    } finally {
      lock.unlock();
    }
  }
}
