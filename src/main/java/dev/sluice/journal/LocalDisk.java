package dev.sluice.journal;

import java.io.Closeable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/** The real file system. Never maps a file: a full disk would be a SIGBUS. */
final class LocalDisk implements Disk {

  @Override
  public void createDirectories(Path directory) throws IOException {
    if (Files.isDirectory(directory)) {
      return;
    }
    Path parent = directory.toAbsolutePath().getParent();
    if (parent != null) {
      createDirectories(parent);
    }
    Files.createDirectory(directory);
    if (parent != null) {
      syncDirectory(parent);
    }
  }

  @Override
  public List<String> list(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.map(entry -> String.valueOf(entry.getFileName())).toList();
    }
  }

  @Override
  public DiskFile create(Path file) throws IOException {
    Files.createFile(file);
    return new LocalFile(file, "rw");
  }

  @Override
  public DiskFile open(Path file) throws IOException {
    return new LocalFile(file, "rw");
  }

  @Override
  public DiskFile openToRead(Path file) throws IOException {
    return new LocalFile(file, "r");
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void delete(Path file) throws IOException {
    Files.delete(file);
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  @Override
  public Closeable lock(Path directory) throws IOException {
    return DirectoryLock.acquire(directory);
  }

  /**
   * Writes and truncates through the file, reads and syncs through its channel: an interrupt closes
   * a channel under the thread that uses it, and those who append may be interrupted. Only writing
   * moves the file pointer.
   */
  private static final class LocalFile implements DiskFile {
    private final RandomAccessFile file;
    private final FileChannel channel;
    private long pointer;

    /** Of a file that exists: told to write, {@link RandomAccessFile} would create it. */
    LocalFile(Path path, String mode) throws IOException {
      if (!Files.exists(path)) {
        throw new NoSuchFileException(path.toString());
      }
      try {
        file = new RandomAccessFile(path.toFile(), mode);
      } catch (FileNotFoundException e) {
        // Also thrown for want of rights; but readers expect files to vanish, and ask which it is.
        throw Files.exists(path) ? e : new NoSuchFileException(path.toString());
      }
      channel = file.getChannel();
    }

    @Override
    public int read(ByteBuffer into, long position) throws IOException {
      return channel.read(into, position);
    }

    @Override
    public void write(ByteBuffer from, long position) throws IOException {
      int bytes = from.remaining();
      if (pointer != position) {
        file.seek(position);
      }
      pointer = -1;
      file.write(from.array(), from.arrayOffset() + from.position(), bytes);
      pointer = position + bytes;
      from.position(from.limit());
    }

    @Override
    public void force() throws IOException {
      channel.force(false);
    }

    @Override
    public void truncate(long sizeBytes) throws IOException {
      pointer = -1;
      file.setLength(sizeBytes);
    }

    @Override
    public long size() throws IOException {
      return channel.size();
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
