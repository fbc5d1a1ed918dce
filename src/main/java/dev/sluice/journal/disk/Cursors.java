package dev.sluice.journal.disk;

import dev.sluice.journal.Progress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory {@code cursors/} and the cursors opened from it. Thread-safe. Segments that all
 * opened cursors have passed are deleted; while none is opened, none is. A file that nobody opens
 * holds nothing back, nor does a yielding cursor while the journal is rather full.
 */
final class Cursors {
  private static final Logger LOG = LoggerFactory.getLogger(Cursors.class);
  private static final String SUFFIX = ".cursor";

  /** A cursor being made; not ending in {@link #SUFFIX}, it counts for nothing. */
  private static final String UNFINISHED = SUFFIX + ".next";

  private final Disk disk;
  private final Path directory;
  private final Quarantine quarantine;
  private final long yieldBeyondBytes;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Cursor> open = new HashMap<>();

  /** Names of the opened cursors that hold nothing back while the journal is rather full. */
  private final Set<String> yielding = new HashSet<>();

  private boolean closed;

  /**
   * @param yieldBeyondBytes size of all segments beyond which yielding cursors hold none back
   */
  Cursors(Disk disk, Path journal, Quarantine quarantine, long yieldBeyondBytes) {
    this.yieldBeyondBytes = yieldBeyondBytes;
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
          furthest = Math.max(furthest, file.get().place());
          file.get().close();
        }
      }
    }
    return furthest;
  }

  /** The one cursor of this name, opened by the first call. */
  Cursor open(String name, Segments segments, Tail tail) throws IOException {
    check(name);
    lock.lock();
    try {
      requireOpenLocked(name);
      Cursor cursor = open.get(name);
      if (cursor == null) {
        cursor = addLocked(name, openFile(file(name), segments), segments, tail);
      }
      return cursor;
    } finally {
      lock.unlock();
    }
  }

  /** Same as {@link #open}, for a cursor that gives way when the journal fills up. */
  Cursor openYielding(String name, Segments segments, Tail tail) throws IOException {
    lock.lock();
    try {
      Cursor cursor = open(name, segments, tail);
      yielding.add(name);
      return cursor;
    } finally {
      lock.unlock();
    }
  }

  /**
   * A new cursor of this name at the journal's end, in the place of any other. The lock is held
   * from the look at the end on, and {@link #least} needs it: nothing behind that end can be
   * deleted before this cursor counts.
   */
  Cursor openAtEnd(String name, Segments segments, Tail tail) throws IOException {
    check(name);
    lock.lock();
    try {
      requireOpenLocked(name);
      closeLocked(name);
      Progress start = Progress.at(tail.settledEnd());
      return addLocked(name, replaceFile(name, start, 0), segments, tail);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Puts a cursor at this offset of the journal, with the progress of a sink that comes from
   * another journal, in the place of any other of this name; it is not opened.
   */
  void adopt(String name, Progress progress, long offset) throws IOException {
    check(name);
    lock.lock();
    try {
      requireOpenLocked(name);
      closeLocked(name);
      replaceFile(name, progress, offset - progress.offset()).close();
    } finally {
      lock.unlock();
    }
  }

  /** The cursors of these names that are kept, opened or not; those that are unreadable are not. */
  Map<String, CursorFile> kept(List<String> names) throws IOException {
    List<String> files = disk.list(directory);
    Map<String, CursorFile> kept = new LinkedHashMap<>();
    for (String name : names) {
      check(name);
      if (files.contains(file(name).getFileName() + "")) {
        Optional<CursorFile> found = CursorFile.open(disk, file(name));
        if (found.isPresent()) {
          found.get().close();
          kept.put(name, found.get());
        }
      }
    }
    return kept;
  }

  /** Closes the cursor of this name and deletes its file. */
  void forget(String name, Segments segments) throws IOException {
    check(name);
    lock.lock();
    try {
      requireOpenLocked(name);
      closeLocked(name);
      disk.createDirectories(directory);
      delete(file(name));
      disk.syncDirectory(directory);
    } finally {
      lock.unlock();
    }
    deletePassed(segments);
  }

  /** Deletes the segments that every opened cursor has passed. */
  void deletePassed(Segments segments) {
    segments.deleteBelow(least(segments));
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

  private static void check(String name) {
    if (!name.matches("[a-z0-9][a-z0-9_-]{0,63}")) {
      throw new IllegalArgumentException(
          "cursor name \"" + name + "\", allowed are 1..64 of a-z, 0-9, _ and -");
    }
  }

  private void requireOpenLocked(String name) throws IOException {
    if (closed) {
      throw new IOException("cursor " + name + " cannot be opened: the journal is closed");
    }
  }

  private Cursor addLocked(String name, CursorFile file, Segments segments, Tail tail) {
    Cursor cursor = new Cursor(name, file, tail, this, segments);
    open.put(name, cursor);
    return cursor;
  }

  private void closeLocked(String name) {
    Cursor cursor = open.remove(name);
    yielding.remove(name);
    if (cursor != null) {
      cursor.close();
    }
  }

  private Path file(String name) {
    return directory.resolve(name + SUFFIX);
  }

  /** Written beside its place and renamed into it, so that a crash leaves one or the other. */
  private CursorFile replaceFile(String name, Progress start, long shift) throws IOException {
    disk.createDirectories(directory);
    Path unfinished = directory.resolve(name + UNFINISHED);
    delete(unfinished);
    CursorFile file = CursorFile.create(disk, unfinished, start, shift);
    try {
      disk.rename(unfinished, file(name));
      disk.syncDirectory(directory);
      return file;
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }

  private void delete(Path path) throws IOException {
    if (disk.list(directory).contains(path.getFileName() + "")) {
      disk.delete(path);
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
          "{} is unreadable: delivery restarts from the oldest reading kept, {}",
          path,
          segments.oldest().baseOffset());
      quarantine.move(path);
    }
    Progress start = Progress.at(segments.oldest().baseOffset());
    CursorFile file = CursorFile.create(disk, path, start);
    disk.syncDirectory(directory);
    return file;
  }

  private long least(Segments segments) {
    boolean all = segments.bytes() <= yieldBeyondBytes;
    lock.lock();
    try {
      return open.entrySet().stream()
          .filter(entry -> all || !yielding.contains(entry.getKey()))
          .mapToLong(entry -> entry.getValue().place())
          .min()
          .orElse(0);
    } finally {
      lock.unlock();
    }
  }
}
