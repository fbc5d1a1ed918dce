package dev.sluice.journal.disk;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One file of the log. The writer writes and truncates it, one other thread may sync it meanwhile,
 * readers open it for themselves and read its published bytes, which never change again.
 *
 * <p>The file stays open here only while something in it may need a sync: it is closed by the first
 * sync after {@link #seal()}.
 */
final class Segment implements Closeable {
  private final Path path;
  private final long baseOffset;
  private final ReentrantLock fileLock = new ReentrantLock();

  /** Closed under {@link #fileLock}; written without it, which happens only before it is sealed. */
  private volatile @Nullable DiskFile file;

  private long writtenBytes;
  private volatile long publishedBytes;
  private volatile boolean dirty;
  private volatile boolean sealed;

  private Segment(Path path, long baseOffset, @Nullable DiskFile file, long sizeBytes) {
    this.path = path;
    this.baseOffset = baseOffset;
    this.file = file;
    this.writtenBytes = sizeBytes;
    this.publishedBytes = sizeBytes;
    this.sealed = file == null;
  }

  /** A segment found on disk that nothing is written to any more. */
  static Segment sealed(Path path, long baseOffset, long sizeBytes) {
    return new Segment(path, baseOffset, null, sizeBytes);
  }

  /** The newest segment found on disk, written on from here. */
  static Segment active(Path path, long baseOffset, DiskFile file, long sizeBytes) {
    return new Segment(path, baseOffset, file, sizeBytes);
  }

  /**
   * Creates an empty segment, not synced yet, or leaves nothing behind.
   *
   * @throws UncheckedIOException when it cannot even be removed again
   */
  static Segment create(Disk disk, Path directory, long baseOffset) throws IOException {
    Path path = directory.resolve(SegmentHeader.fileName(baseOffset));
    DiskFile file = disk.create(path);
    try {
      file.write(SegmentHeader.encode(baseOffset), 0);
    } catch (IOException | RuntimeException | Error e) {
      discard(disk, path, file, e);
      throw e;
    }
    Segment segment = new Segment(path, baseOffset, file, SegmentHeader.BYTES);
    segment.dirty = true;
    return segment;
  }

  /** A name that stays taken would refuse every later append: no going on from there. */
  private static void discard(Disk disk, Path path, DiskFile file, Throwable cause) {
    try {
      file.close();
      disk.delete(path);
    } catch (IOException e) {
      e.addSuppressed(cause);
      throw new UncheckedIOException("segment " + path + " cannot be created or removed", e);
    }
  }

  Path path() {
    return path;
  }

  long baseOffset() {
    return baseOffset;
  }

  /** Bytes in the file; the writer's view. */
  long writtenBytes() {
    return writtenBytes;
  }

  /** Bytes readers may see. */
  long publishedBytes() {
    return publishedBytes;
  }

  void write(ByteBuffer frames) throws IOException {
    int bytes = frames.remaining();
    openFile().write(frames, writtenBytes);
    writtenBytes += bytes;
    dirty = true;
  }

  /** Takes back what was written behind this size, or tried to be. */
  void truncate(long sizeBytes) throws IOException {
    openFile().truncate(sizeBytes);
    writtenBytes = sizeBytes;
    dirty = true;
  }

  void publish() {
    publishedBytes = writtenBytes;
  }

  /** Nothing more is written: the next sync closes the file. */
  void seal() {
    sealed = true;
  }

  /** Whether nothing in it will ever need a sync again. */
  boolean settled() {
    return file == null;
  }

  /** Whether it is published whole and nothing more is written. */
  boolean sealedForGood() {
    return sealed;
  }

  /** Makes all that is written durable; does nothing when it is. */
  void sync() throws IOException {
    fileLock.lock();
    try {
      boolean last = sealed;
      DiskFile open = file;
      if (open == null) {
        return;
      }
      if (dirty) {
        dirty = false;
        open.force();
      }
      if (last) {
        close();
      }
    } finally {
      fileLock.unlock();
    }
  }

  @Override
  public void close() throws IOException {
    fileLock.lock();
    try {
      DiskFile open = file;
      if (open != null) {
        file = null;
        open.close();
      }
    } finally {
      fileLock.unlock();
    }
  }

  private DiskFile openFile() {
    DiskFile open = file;
    if (open == null) {
      throw new AssertionError("segment " + path + " is sealed and cannot be written");
    }
    return open;
  }
}
