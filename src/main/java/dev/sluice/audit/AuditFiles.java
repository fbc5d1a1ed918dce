package dev.sluice.audit;

import dev.sluice.files.AtomicFile;
import dev.sluice.files.FirstLines;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The file that is written, and beside it the full ones: {@code audit.ndjson}, and {@code
 * audit-1.ndjson}, {@code audit-2.ndjson} and so on, oldest first. Keeps nothing in memory; each
 * call goes to the disk.
 *
 * @param current the file that is written
 */
record AuditFiles(Path current) {
  /** Far longer than any line. */
  static final int MOST_LINE_BYTES = 1 << 20;

  private static final int MOST_TRIES = 100;

  /**
   * The end of a file.
   *
   * @param line the last whole line, without its line feed; null if there is none
   * @param torn what follows it: the beginning of a line that was never finished
   */
  @SuppressWarnings("ArrayRecordComponent") // confined to its reader, never compared
  record Tail(byte @Nullable [] line, byte[] torn) {
    static final Tail NONE = new Tail(null, new byte[0]);
  }

  /**
   * Files to be read in this order.
   *
   * @param full oldest first
   * @param current what follows them; empty if there is no such file
   * @param hasCurrent whether there is
   */
  record Opened(List<Path> full, InputStream current, boolean hasCurrent) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      current.close();
    }
  }

  /** The full files, oldest first. */
  List<Path> full() throws IOException {
    return List.copyOf(numbered().values());
  }

  /**
   * All files at one moment, though lines may be written meanwhile. The current one is opened
   * before the full ones are listed: it is then read once, even if it becomes one of them.
   *
   * @throws NoSuchFileException if there is none
   */
  Opened open() throws IOException {
    for (int n = 0; n < MOST_TRIES; n++) {
      Optional<Object> key = key(current);
      InputStream in;
      try {
        in = key.isEmpty() ? InputStream.nullInputStream() : Files.newInputStream(current);
      } catch (NoSuchFileException e) {
        continue; // it has been set aside just now
      }
      if (key.equals(key(current))) {
        return opened(key, in);
      }
      in.close(); // it is a newer one
    }
    throw new IOException(current + " is set aside all the time: try again");
  }

  private Opened opened(Optional<Object> key, InputStream in) throws IOException {
    try {
      List<Path> full = new ArrayList<>();
      for (Path file : full()) {
        if (key.isPresent() && key.equals(key(file))) {
          break; // it was the current one until now
        }
        full.add(file);
      }
      if (key.isEmpty() && full.isEmpty()) {
        throw new NoSuchFileException(current.toString());
      }
      return new Opened(full, in, key.isPresent());
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  /** What tells a file from others, whatever it is called; empty if there is none. */
  private static Optional<Object> key(Path file) throws IOException {
    try {
      Object key = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
      return Optional.of(Objects.requireNonNullElse(key, file));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  long bytes() throws IOException {
    return Files.exists(current) ? Files.size(current) : 0;
  }

  /** Makes the current file a full one, all of which is on disk; its new path. */
  Path setAside() throws IOException {
    sync();
    TreeMap<Long, Path> full = numbered();
    long last = Math.max(full.isEmpty() ? 0 : full.lastKey(), before());
    Path aside = current.resolveSibling(stem() + "-" + (last + 1) + ending());
    Files.move(current, aside, StandardCopyOption.ATOMIC_MOVE);
    AtomicFile.syncDirectory(current);
    return aside;
  }

  /** Reads may be recorded without a sync: a later file must not outlast the end of this one. */
  private void sync() throws IOException {
    try (FileChannel channel = FileChannel.open(current, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  /**
   * The number of the full file before the current one, which may have been archived, by the
   * current one's first line; 0 if that does not say.
   */
  private long before() throws IOException {
    List<String> first = FirstLines.of(current, 1, MOST_LINE_BYTES).lines();
    String line = first.isEmpty() ? "" : first.getFirst();
    Matcher matcher =
        Pattern.compile(
                "\"event\":\"" + Lines.CONTINUES + "\",\"file\":\"" + name().pattern() + "\"")
            .matcher(line);
    return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
  }

  /** Of full files, with their number as a group. */
  private Pattern name() {
    return Pattern.compile(Pattern.quote(stem() + "-") + "([0-9]{1,18})" + Pattern.quote(ending()));
  }

  static Tail tail(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      ByteBuffer end = ByteBuffer.allocate((int) Math.min(size, 2L * MOST_LINE_BYTES));
      long from = size - end.capacity();
      while (end.hasRemaining() && channel.read(end, from + end.position()) >= 0) {
        // until all is read
      }
      return tail(file, end.array(), from == 0);
    } catch (NoSuchFileException e) {
      return Tail.NONE;
    }
  }

  private static Tail tail(Path file, byte[] end, boolean whole) throws IOException {
    int stop = lineFeedBefore(end, end.length);
    int start = stop < 0 ? -1 : lineFeedBefore(end, stop);
    if (!whole && start < 0) {
      throw new IOException(
          file + " has a line of more than " + MOST_LINE_BYTES + " bytes, so it is no audit file");
    }
    byte[] torn = Arrays.copyOfRange(end, stop + 1, end.length);
    return new Tail(stop < 0 ? null : Arrays.copyOfRange(end, start + 1, stop), torn);
  }

  private static int lineFeedBefore(byte[] bytes, int end) {
    int i = end - 1;
    while (i >= 0 && bytes[i] != '\n') {
      i--;
    }
    return i;
  }

  /** Takes the last bytes off the current file, so that no power cut brings them back. */
  void cut(int bytes) throws IOException {
    try (FileChannel channel = FileChannel.open(current, StandardOpenOption.WRITE)) {
      channel.truncate(channel.size() - bytes);
      channel.force(true);
    }
  }

  private TreeMap<Long, Path> numbered() throws IOException {
    TreeMap<Long, Path> found = new TreeMap<>();
    Path folder = Objects.requireNonNull(current.toAbsolutePath().getParent());
    if (!Files.isDirectory(folder)) {
      return found;
    }
    Pattern name = name();
    try (Stream<Path> files = Files.list(folder)) {
      files.forEach(file -> {
        Matcher matcher = name.matcher(file.getFileName().toString());
        if (matcher.matches()) {
          found.put(Long.valueOf(matcher.group(1)), file);
        }
      });
    }
    return found;
  }

  private String stem() {
    String name = current.getFileName().toString();
    int dot = name.lastIndexOf('.');
    return dot <= 0 ? name : name.substring(0, dot);
  }

  private String ending() {
    return current.getFileName().toString().substring(stem().length());
  }

  @Override
  public String toString() {
    return current.toString();
  }
}
