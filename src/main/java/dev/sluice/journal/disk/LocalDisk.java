package dev.sluice.journal.disk;

import dev.sluice.files.PrivateFiles;
import java.io.Closeable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.NonWritableChannelException;
import java.nio.file.Files;
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
    PrivateFiles.createDirectory(directory);
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
    PrivateFiles.createFile(file);
    try {
      return new WrittenFile(file);
    } catch (IOException | RuntimeException | Error e) {
      discard(file, e);
      throw e;
    }
  }

  /** A name that stays taken would refuse every later segment that starts there. */
  private static void discard(Path file, Throwable cause) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      e.addSuppressed(cause);
      throw new UncheckedIOException(file + " cannot be opened or removed", e);
    }
  }

  @Override
  public DiskFile open(Path file) throws IOException {
    // Told to write, RandomAccessFile would create it.
    file.getFileSystem().provider().checkAccess(file);
    return new WrittenFile(file);
  }

  @Override
  public DiskFile openToRead(Path file) throws IOException {
    return new ReadFile(FileChannel.open(file, StandardOpenOption.READ));
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

  /** Reads and syncs through a channel, which an interrupt closes under the thread that does so. */
  private static class ReadFile implements DiskFile {
    private final FileChannel channel;

    ReadFile(FileChannel channel) {
      this.channel = channel;
    }

    @Override
    public int read(ByteBuffer into, long position) throws IOException {
      return channel.read(into, position);
    }

    @Override
    public void write(ByteBuffer from, long position) throws IOException {
      throw new NonWritableChannelException();
    }

    @Override
    public void force() throws IOException {
      channel.force(false);
    }

    @Override
    public void truncate(long sizeBytes) throws IOException {
      throw new NonWritableChannelException();
    }

    @Override
    public long size() throws IOException {
      return channel.size();
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  /**
   * Writes and truncates past the channel: those who append may be interrupted. Only writing moves
   * the file pointer.
   */
  private static final class WrittenFile extends ReadFile {
    private final RandomAccessFile file;
    private long pointer;

    WrittenFile(Path path) throws IOException {
      this(new RandomAccessFile(path.toFile(), "rw"));
    }

    private WrittenFile(RandomAccessFile file) {
      super(file.getChannel());
      this.file = file;
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
    public void truncate(long sizeBytes) throws IOException {
      pointer = -1;
      file.setLength(sizeBytes);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
