package dev.sluice.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A file that lines are appended to, one JSON object a line. Lines are appended all or, in effect,
 * none: a write that fails is taken back. What a crash tore is no line to {@link #read}, and the
 * next append leaves it on a line of its own.
 *
 * <p>Each call opens the file, which may be moved away between two: an append then begins it anew.
 * Used by one thread at a time, which is its only writer.
 */
public final class NdjsonLog {
  private final Path file;
  private final long maxBytes;
  private final String whenFull;
  private final AtomicFile writer;

  /** Whether the file survives a power cut where it is; its lines are another matter. */
  private boolean placed;

  /** A log that may grow as far as the disk allows. */
  public NdjsonLog(Path file) {
    this(file, Long.MAX_VALUE, "");
  }

  /**
   * A log that never takes more than this.
   *
   * @param whenFull which setting limits it, and what a person can do: the end of a message
   */
  public NdjsonLog(Path file, long maxBytes, String whenFull) {
    this(file, maxBytes, whenFull, new AtomicFile());
  }

  NdjsonLog(Path file, long maxBytes, String whenFull, AtomicFile writer) {
    this.file = file;
    this.maxBytes = maxBytes;
    this.whenFull = whenFull;
    this.writer = writer;
  }

  /** Takes the whole lines of a log, in their order. */
  public interface LineReader {
    /**
     * One line, as UTF-8.
     *
     * @param end index after its last byte; the line feed is there
     * @throws RuntimeException of any kind when it cannot be understood
     */
    void line(byte[] text, int from, int end);
  }

  /**
   * What was read.
   *
   * @param lines how many are whole
   * @param torn whether a part of another follows them: once appended to, it would be a line that
   *     cannot be understood
   */
  public record Contents(long lines, boolean torn) {}

  /** A whole line cannot be understood, as the cause says. */
  public static final class DamagedException extends IOException {
    private static final long serialVersionUID = 1;

    private final long position;

    private DamagedException(Path file, long position, RuntimeException cause) {
      super(file + " is damaged at byte " + position + " (" + cause + ")", cause);
      this.position = position;
    }

    /** Where the line begins, in bytes. */
    public long position() {
      return position;
    }
  }

  /** Whether there is a file. */
  public boolean exists() {
    return Files.exists(file);
  }

  /**
   * Reads all whole lines.
   *
   * @throws DamagedException when the reader did not understand one; it has taken those before
   * @throws IOException when there is no file, or it cannot be read
   */
  public Contents read(LineReader reader) throws IOException {
    byte[] text = Files.readAllBytes(file);
    long lines = 0;
    int from = 0;
    for (int end = lineEnd(text, from); end >= 0; end = lineEnd(text, from)) {
      try {
        reader.line(text, from, end);
      } catch (RuntimeException e) {
        throw new DamagedException(file, from, e);
      }
      from = end + 1;
      lines++;
    }
    return new Contents(lines, from < text.length);
  }

  private static int lineEnd(byte[] text, int from) {
    for (int i = from; i < text.length; i++) {
      if (text[i] == '\n') {
        return i;
      }
    }
    return -1;
  }

  /** Bytes taken before the next line: a torn one is ended first. */
  public long bytes() throws IOException {
    if (!exists()) {
      return 0;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return channel.size() + missingLineFeed(channel, channel.size());
    }
  }

  /**
   * Appends the lines, which survive the end of the process, but not yet a power cut.
   *
   * @param lines each with its line feed
   * @throws IOException when they could not be appended, or the file is at its limit
   */
  public void append(CharSequence lines) throws IOException {
    append(lines, false);
  }

  /**
   * Appends the lines; when this returns, they and all before them survive a power cut.
   *
   * @param lines each with its line feed
   * @throws IOException when they may not survive, or the file is at its limit
   */
  public void appendAndSync(CharSequence lines) throws IOException {
    append(lines, true);
    if (!placed) {
      AtomicFile.syncDirectory(file);
      placed = true;
    }
  }

  private void append(CharSequence lines, boolean sync) throws IOException {
    if (!exists()) {
      placed = false;
      PrivateFiles.createDirectories(AtomicFile.directory(file));
    }
    ByteBuffer bytes = ByteBuffer.wrap(lines.toString().getBytes(StandardCharsets.UTF_8));
    try (FileChannel channel =
        PrivateFiles.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      long end = channel.size();
      int missing = missingLineFeed(channel, end);
      refuseBeyondLimit(end, missing + bytes.remaining());
      try {
        channel.position(end);
        write(channel, ByteBuffer.wrap(new byte[] {'\n'}, 0, missing));
        write(channel, bytes);
        if (sync) {
          channel.force(true);
        }
      } catch (IOException e) {
        takeBack(channel, end, e);
        throw e;
      }
    }
  }

  private void refuseBeyondLimit(long size, long more) throws IOException {
    if (more > maxBytes - size) {
      throw new IOException(
          "it holds " + size + " bytes, allowed are " + maxBytes + " " + whenFull);
    }
  }

  /** How many line feeds the last line lacks: one after a crash in the middle of it. */
  private static int missingLineFeed(FileChannel channel, long size) throws IOException {
    ByteBuffer last = ByteBuffer.allocate(1);
    return size == 0 || (channel.read(last, size - 1) == 1 && last.get(0) == '\n') ? 0 : 1;
  }

  private static void write(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static void takeBack(FileChannel channel, long size, IOException because) {
    try {
      channel.truncate(size);
    } catch (IOException e) {
      because.addSuppressed(e);
    }
  }

  /**
   * Replaces all lines by these; a crash leaves the old ones or the new ones.
   *
   * @throws IOException when they may not survive a power cut; which are there, only the file tells
   */
  public void rewrite(CharSequence lines) throws IOException {
    writer.replace(file, lines.toString());
    placed = true;
  }

  /** Deletes the file, so that no power cut brings it back. */
  public void delete() throws IOException {
    placed = false;
    if (Files.deleteIfExists(file)) {
      AtomicFile.syncDirectory(file);
    }
  }

  /** Renames the file, in the place of any that was set aside before; its new path. */
  public Path setAside(String suffix) throws IOException {
    Path aside = file.resolveSibling(file.getFileName() + suffix);
    return Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Its path, for messages. */
  @Override
  public String toString() {
    return file.toString();
  }
}
