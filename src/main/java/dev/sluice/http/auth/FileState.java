package dev.sluice.http.auth;

import dev.sluice.http.auth.TokensFileException.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.OptionalInt;

/**
 * What a file system says of a file: what distinguishes one version of it from another, and who may
 * change it. Immutable.
 *
 * @param key the file system's own for the file
 * @param mode the bits of its mode; absent if the file system has none
 * @param owner its owner's number; absent likewise
 */
record FileState(FileTime modified, long size, String key, OptionalInt mode, OptionalInt owner) {
  private static final int OTHERS_MAY_WRITE = 0b000_010_010;
  private static final int OTHERS_MAY_READ = 0b000_100_100;
  private static final int MODE_BITS = 0b111_111_111;
  private static final int ROOT = 0;
  private static final Path STATUS = Path.of("/proc/self/status");

  /** The state of a file now; of a symbolic link, that of the file it leads to. */
  static FileState of(Path file) throws IOException {
    BasicFileAttributes seen = Files.readAttributes(file, BasicFileAttributes.class);
    OptionalInt mode = OptionalInt.empty();
    OptionalInt owner = OptionalInt.empty();
    if (file.getFileSystem().supportedFileAttributeViews().contains("unix")) {
      mode = OptionalInt.of((int) Files.getAttribute(file, "unix:mode"));
      owner = OptionalInt.of((int) Files.getAttribute(file, "unix:uid"));
    }
    return new FileState(
        seen.lastModifiedTime(), seen.size(), String.valueOf(seen.fileKey()), mode, owner);
  }

  /**
   * Refuses a file that anybody but this process's user and root may change: whoever can write to
   * it can let himself in, and so can its owner, who can change its mode.
   *
   * @param file for the message
   * @throws TokensFileException if others may write to it, or another user owns it
   */
  void requireKept(Path file) {
    requireWrittenByOwnerOnly(file);
    OptionalInt user = user();
    if (owner.isPresent()
        && user.isPresent()
        && owner.getAsInt() != user.getAsInt()
        && owner.getAsInt() != ROOT) {
      throw new TokensFileException(
          Fault.OWNER,
          "%s belongs to user %d, allowed are this process's user, %d, and root: run chown on it"
              .formatted(file, owner.getAsInt(), user.getAsInt()));
    }
  }

  /**
   * Like {@link #requireKept}, except that root may look after the file of any user.
   *
   * @throws TokensFileException likewise
   */
  void requireKeptUnlessRoot(Path file) {
    if (user().orElse(-1) == ROOT) {
      requireWrittenByOwnerOnly(file);
    } else {
      requireKept(file);
    }
  }

  private void requireWrittenByOwnerOnly(Path file) {
    if (mode.isPresent() && (mode.getAsInt() & OTHERS_MAY_WRITE) != 0) {
      throw new TokensFileException(
          Fault.MODE,
          "%s has mode %o, so that others than its owner may write to it: run chmod 600 on it"
              .formatted(file, mode.getAsInt() & MODE_BITS));
    }
  }

  /** Whether others than the owner may read it. */
  boolean isReadByOthers() {
    return mode.isPresent() && (mode.getAsInt() & OTHERS_MAY_READ) != 0;
  }

  /**
   * The number of the user whose rights this process has; empty where the kernel does not say. The
   * owner of {@code /proc/self} would be root for a process with capabilities.
   */
  private static OptionalInt user() {
    try {
      for (String line : Files.readAllLines(STATUS)) {
        if (line.startsWith("Uid:")) {
          return OptionalInt.of(Integer.parseInt(line.split("\\s+", -1)[2]));
        }
      }
    } catch (IOException | NumberFormatException e) {
      // No such file outside Linux.
    }
    return OptionalInt.empty();
  }
}
