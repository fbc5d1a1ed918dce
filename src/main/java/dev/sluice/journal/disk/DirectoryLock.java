package dev.sluice.journal.disk;

import dev.sluice.files.PrivateFiles;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The exclusive hold of one directory: an operating-system lock on its file {@code LOCK}, which
 * also tells the holder's process id. The kernel lets go of it when the process dies, however it
 * dies, so the file itself is never removed.
 *
 * <p>Closing any channel of a file drops every POSIX lock the process has on it, so holders within
 * this JVM are found in {@link #HELD} before the file is touched.
 */
final class DirectoryLock implements Closeable {
  /** Name of the locked file. */
  static final String FILE = "LOCK";

  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path key;
  private final FileChannel channel;

  private DirectoryLock(Path key, FileChannel channel) {
    this.key = key;
    this.channel = channel;
  }

  static DirectoryLock acquire(Path directory) throws IOException {
    Path key = directory.toRealPath();
    if (!HELD.add(key)) {
      throw taken(directory, "this process");
    }
    try {
      return new DirectoryLock(key, lockedChannel(directory));
    } catch (IOException | RuntimeException e) {
      HELD.remove(key);
      throw e;
    }
  }

  private static FileChannel lockedChannel(Path directory) throws IOException {
    FileChannel channel =
        PrivateFiles.open(
            directory.resolve(FILE),
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    try {
      FileLock lock = channel.tryLock();
      if (lock == null) {
        throw taken(directory, holder(channel));
      }
      channel.truncate(0);
      channel.write(
          ByteBuffer.wrap(
              Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)),
          0);
      return channel;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static String holder(FileChannel channel) throws IOException {
    ByteBuffer pid = ByteBuffer.allocate(20);
    int length = channel.read(pid, 0);
    String text = new String(pid.array(), 0, Math.max(0, length), StandardCharsets.US_ASCII);
    return text.matches("[0-9]+") ? "process " + text : "another process";
  }

  private static IOException taken(Path directory, String holder) {
    return new IOException(
        "journal directory "
            + directory
            + " is in use by "
            + holder
            + "; stop that process first, or set another data.dir");
  }

  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      HELD.remove(key);
    }
  }
}
