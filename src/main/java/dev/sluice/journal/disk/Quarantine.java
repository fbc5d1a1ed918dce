package dev.sluice.journal.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory {@code quarantine/}: everything the journal gives up is kept there for people to
 * look at, nothing in it is ever read back or deleted. Thread-safe.
 */
final class Quarantine {
  private static final Logger LOG = LoggerFactory.getLogger(Quarantine.class);
  private static final int COPY_BYTES = 64 * 1024;

  private final Disk disk;
  private final Path directory;
  private final ReentrantLock lock = new ReentrantLock();

  Quarantine(Disk disk, Path journal) {
    this.disk = disk;
    this.directory = journal.resolve("quarantine");
  }

  /** Moves a whole file here. */
  void move(Path file) throws IOException {
    lock.lock();
    try {
      disk.createDirectories(directory);
      Path target = directory.resolve(freeName(file.getFileName() + ""));
      disk.rename(file, target);
      disk.syncDirectory(directory);
      Path parent = file.getParent();
      if (parent != null) {
        disk.syncDirectory(parent);
      }
      LOG.warn("{} is unusable and was moved to {}", file, target);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Copies bytes [from, to) of a file here, once. Best effort: what cannot be copied, because the
   * disk is full for one, is still in the segment.
   */
  void copy(Path path, DiskFile file, long from, long to) {
    String name = path.getFileName() + "." + from + "-" + to;
    lock.lock();
    try {
      disk.createDirectories(directory);
      if (!disk.list(directory).contains(name)) {
        Path part = directory.resolve(freeName(name + ".part"));
        try (DiskFile copy = disk.create(part)) {
          copyBytes(file, from, to, copy);
          copy.force();
        }
        disk.rename(part, directory.resolve(name));
        disk.syncDirectory(directory);
        LOG.warn(
            "bytes {} to {} of {} are damaged and were copied to {}", from, to, path, directory);
      }
    } catch (IOException e) {
      LOG.warn(
          "damaged bytes {} to {} of {} could not be copied to {}", from, to, path, directory, e);
    } finally {
      lock.unlock();
    }
  }

  private static void copyBytes(DiskFile from, long start, long end, DiskFile to)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(COPY_BYTES);
    long at = start;
    while (at < end) {
      buffer.clear().limit((int) Math.min(COPY_BYTES, end - at));
      int read = from.read(buffer, at);
      if (read < 0) {
        return;
      }
      to.write(buffer.flip(), at - start);
      at += read;
    }
  }

  private String freeName(String name) throws IOException {
    List<String> taken = disk.list(directory);
    String free = name;
    for (int i = 1; taken.contains(free); i++) {
      free = name + "." + i;
    }
    return free;
  }
}
