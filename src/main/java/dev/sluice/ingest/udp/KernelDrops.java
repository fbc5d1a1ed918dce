package dev.sluice.ingest.udp;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * How many datagrams the kernel dropped at one socket of this process, because its buffer was full:
 * the last column of {@code /proc/net/udp} and {@code udp6}. Other systems do not say. Thread-safe.
 */
final class KernelDrops {
  private static final int LOCAL_ADDRESS = 1;
  private static final int INODE = 9;
  private static final int LEAST_COLUMNS = 13;

  /** The kernel counts with 32 bits. */
  private static final long MASK = 0xffff_ffffL;

  private final Path proc;
  private final Set<String> sockets;
  private final String port;
  private OptionalLong total = OptionalLong.empty();
  private long last;

  /**
   * Counts for a socket that is bound.
   *
   * @param proc {@code /proc}
   * @param port the local port
   */
  KernelDrops(Path proc, int port) {
    this.proc = proc;
    this.port = ":%04X".formatted(port);
    this.sockets = ownSockets(proc);
  }

  /**
   * Dropped since the socket was bound, up to the last call before it was closed; empty if this
   * system does not say.
   */
  synchronized OptionalLong count() {
    OptionalLong now = read();
    if (now.isPresent()) {
      total = OptionalLong.of(total.orElse(0) + (now.getAsLong() - last & MASK));
      last = now.getAsLong();
    }
    return total;
  }

  private OptionalLong read() {
    for (String table : List.of("net/udp", "net/udp6")) {
      try {
        for (String line : Files.readAllLines(proc.resolve(table))) {
          String[] words = line.strip().split("\\s+", -1);
          if (words.length >= LEAST_COLUMNS
              && words[LOCAL_ADDRESS].endsWith(port)
              && sockets.contains(words[INODE])) {
            return OptionalLong.of(Long.parseLong(words[words.length - 1]));
          }
        }
      } catch (IOException | UncheckedIOException | NumberFormatException e) {
        // There is no such table here, or it has another form.
      }
    }
    return OptionalLong.empty();
  }

  /** The inodes of this process's sockets: another process may listen on the same port. */
  private static Set<String> ownSockets(Path proc) {
    Set<String> inodes = new HashSet<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(proc.resolve("self/fd"))) {
      for (Path file : files) {
        addInode(file, inodes);
      }
    } catch (IOException | java.nio.file.DirectoryIteratorException e) {
      // Not Linux.
    }
    return inodes;
  }

  private static void addInode(Path file, Set<String> inodes) {
    try {
      String target = Files.readSymbolicLink(file).toString();
      if (target.startsWith("socket:[")) {
        inodes.add(target.substring("socket:[".length(), target.length() - 1));
      }
    } catch (IOException | UnsupportedOperationException e) {
      // Closed meanwhile.
    }
  }
}
