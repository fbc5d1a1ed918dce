package dev.sluice.journal.disk;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All segments, oldest first, never none, and their bytes. The writer adds at one end, retention
 * removes at the other, anyone looks: the array is replaced, never changed.
 */
final class Segments {
  private static final Logger LOG = LoggerFactory.getLogger(Segments.class);

  private final Disk disk;
  private final Path directory;
  private final ReentrantLock changeLock = new ReentrantLock();
  private final ReentrantLock syncLock = new ReentrantLock();
  private final ReentrantLock retentionLock = new ReentrantLock();
  private final AtomicLong bytes = new AtomicLong();
  private volatile Segment[] segments;
  private volatile boolean directoryDirty;

  Segments(Disk disk, Path directory, List<Segment> found) {
    this.disk = disk;
    this.directory = directory;
    this.segments = found.toArray(new Segment[0]);
    found.forEach(segment -> bytes.addAndGet(segment.writtenBytes()));
  }

  /** Size of all segments, in bytes. */
  long bytes() {
    return bytes.get();
  }

  void addBytes(long more) {
    bytes.addAndGet(more);
  }

  Segment oldest() {
    return segments[0];
  }

  Segment newest() {
    Segment[] now = segments;
    return now[now.length - 1];
  }

  /** The segment this offset belongs to, or null when it lies before the oldest. */
  @Nullable Segment holding(long offset) {
    Segment[] now = segments;
    int low = 0;
    int high = now.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (now[middle].baseOffset() <= offset) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return high < 0 ? null : now[high];
  }

  /** The segment behind this one, or null when this is the newest. */
  @Nullable Segment after(Segment segment) {
    Segment next = null;
    Segment[] now = segments;
    for (int i = now.length - 1; i >= 0 && now[i].baseOffset() > segment.baseOffset(); i--) {
      next = now[i];
    }
    return next;
  }

  /** Creates the segment that starts at this offset; the writer's. */
  Segment roll(long baseOffset) throws IOException {
    Segment segment;
    try {
      segment = Segment.create(disk, directory, baseOffset);
    } finally {
      directoryDirty = true;
    }
    bytes.addAndGet(segment.writtenBytes());
    changeLock.lock();
    try {
      Segment[] longer = Arrays.copyOf(segments, segments.length + 1);
      longer[segments.length] = segment;
      segments = longer;
    } finally {
      changeLock.unlock();
    }
    return segment;
  }

  /** Takes back the newest segment, of which nothing was published; the writer's. */
  void unroll() throws IOException {
    Segment dropped = newest();
    changeLock.lock();
    try {
      segments = Arrays.copyOf(segments, segments.length - 1);
    } finally {
      changeLock.unlock();
    }
    dropped.close();
    disk.delete(dropped.path());
    directoryDirty = true;
    bytes.addAndGet(-dropped.writtenBytes());
  }

  /** Publishes what was written from this segment on and seals all but the newest. */
  void publishFrom(Segment first) {
    Segment[] now = segments;
    for (int i = now.length - 1; i >= 0 && now[i].baseOffset() >= first.baseOffset(); i--) {
      now[i].publish();
      if (i < now.length - 1) {
        now[i].seal();
      }
    }
  }

  /**
   * Makes everything written durable, names included.
   *
   * @throws IOException after which nothing not yet synced may be called durable any more
   */
  void sync() throws IOException {
    syncLock.lock();
    try {
      if (directoryDirty) {
        directoryDirty = false;
        disk.syncDirectory(directory);
      }
      for (Segment segment : segments) {
        if (!segment.settled()) {
          segment.sync();
        }
      }
    } finally {
      syncLock.unlock();
    }
  }

  /**
   * Deletes the segments that end at or before this offset, never the newest nor one the writer may
   * still take something back from. Oldest first and each one durably, so that a power cut cannot
   * leave a hole between those that are left.
   */
  void deleteBelow(long offset) {
    retentionLock.lock();
    try {
      Segment[] now = segments;
      for (int i = 0;
          i + 1 < now.length && now[i].sealedForGood() && now[i + 1].baseOffset() <= offset;
          i++) {
        if (!deleteOldest()) {
          return;
        }
      }
    } finally {
      retentionLock.unlock();
    }
  }

  void close() {
    for (Segment segment : segments) {
      close(segment);
    }
  }

  private static void close(Segment segment) {
    try {
      segment.close();
    } catch (IOException e) {
      LOG.warn("journal segment {} did not close", segment.path(), e);
    }
  }

  private boolean deleteOldest() {
    Segment oldest = removeOldest();
    try {
      disk.delete(oldest.path());
    } catch (IOException e) {
      LOG.warn("journal segment {} is no longer needed but cannot be deleted", oldest.path(), e);
      restoreOldest(oldest);
      return false;
    }
    bytes.addAndGet(-oldest.publishedBytes());
    close(oldest);
    try {
      disk.syncDirectory(directory);
    } catch (IOException e) {
      LOG.warn("deletion of journal segment {} may not survive a power cut", oldest.path(), e);
      directoryDirty = true; // until the next sync
      return false;
    }
    return true;
  }

  /** Out of the list first: a reader that finds no such file then finds no such segment either. */
  private Segment removeOldest() {
    changeLock.lock();
    try {
      Segment oldest = segments[0];
      segments = Arrays.copyOfRange(segments, 1, segments.length);
      return oldest;
    } finally {
      changeLock.unlock();
    }
  }

  private void restoreOldest(Segment segment) {
    changeLock.lock();
    try {
      Segment[] longer = new Segment[segments.length + 1];
      longer[0] = segment;
      System.arraycopy(segments, 0, longer, 1, segments.length);
      segments = longer;
    } finally {
      changeLock.unlock();
    }
  }
}
