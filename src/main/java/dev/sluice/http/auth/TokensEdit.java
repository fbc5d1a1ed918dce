package dev.sluice.http.auth;

import dev.sluice.files.AtomicFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Changes of a tokens file, by whoever may write it, while a Sluice may be reading it. All other
 * lines stay as they are and where they are. The file is replaced as a whole, so that a reader has
 * the old one or the new one; two that change it at the same time take turns. Keeps nothing.
 *
 * <p>A file that Sluice would refuse is not changed, because that would hide what is wrong with it.
 */
public final class TokensEdit {
  private static final int MOST_TRIES = 100;
  private static final Set<PosixFilePermission> OWNERS =
      PosixFilePermissions.fromString("rw-------");

  /** A lock on a file is one of the whole process. */
  private static final ReentrantLock TURNS = new ReentrantLock();

  /** What is to become of the lines. */
  private interface Change {
    TokenLines of(TokenLines lines);
  }

  private final Path file;

  /**
   * @param file the tokens file; may be missing, and may be a symbolic link
   */
  public TokensEdit(Path file) {
    this.file = file;
  }

  /**
   * The lines of the file as it is.
   *
   * @throws IOException if it cannot be read
   * @throws TokensFileException if Sluice would refuse it, unless only for having no token
   */
  public TokenLines read() throws IOException {
    FileState.of(file).requireKeptUnlessRoot(file);
    return TokenLines.read(file);
  }

  /**
   * Adds a line at the end; creates the file if there is none.
   *
   * @throws IOException if it cannot be read or written
   * @throws TokensFileException if Sluice would refuse the file as it is
   * @throws IllegalArgumentException if there is such a name, or such a hash
   */
  public void add(TokenLine token) throws IOException {
    change(lines -> {
      for (TokenLine other : lines.tokens()) {
        if (other.name().equals(token.name()) || other.hash().equals(token.hash())) {
          throw new IllegalArgumentException(
              "%s has %s already: choose another name, or revoke that first"
                  .formatted(file, other.name()));
        }
      }
      return lines.with(token);
    });
  }

  /**
   * Removes the line of a token or certificate.
   *
   * @throws IOException if the file cannot be read or written
   * @throws TokensFileException if Sluice would refuse the file as it is
   * @throws IllegalArgumentException if there is no such name, or no other line: a file without
   *     tokens is refused, so that a running Sluice would not forget this one
   */
  public void revoke(String name) throws IOException {
    if (!Files.exists(file)) {
      throw new NoSuchFileException(file.toString());
    }
    change(lines -> {
      if (lines.named(name).isEmpty()) {
        throw new IllegalArgumentException(
            "%s has no %s: sluice tokens list shows what it has".formatted(file, name));
      }
      if (lines.tokens().size() == 1) {
        throw new IllegalArgumentException(
            ("%s is the only one in %s, and Sluice refuses a file without tokens, so that this one"
                    + " would stay valid: add another first")
                .formatted(name, file));
      }
      return lines.without(name);
    });
  }

  private void change(Change change) throws IOException {
    TURNS.lock();
    try {
      for (int i = 0; i < MOST_TRIES; i++) {
        if (changeInTurn(target(), change)) {
          return;
        }
      }
    } finally {
      TURNS.unlock();
    }
    throw new IOException(file + " is replaced all the time: try again later");
  }

  /** The file itself, where there is a link to it; an empty one if there is none. */
  private Path target() throws IOException {
    try {
      return file.toRealPath();
    } catch (NoSuchFileException e) {
      createEmpty();
      return file.toRealPath();
    }
  }

  private void createEmpty() throws IOException {
    boolean modes = file.getFileSystem().supportedFileAttributeViews().contains("posix");
    try {
      Files.createFile(
          file,
          modes
              ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(OWNERS)}
              : new FileAttribute<?>[0]);
    } catch (FileAlreadyExistsException e) {
      // Somebody else was faster.
    }
  }

  /** Returns false if somebody else has replaced the file meanwhile. */
  private boolean changeInTurn(Path target, Change change) throws IOException {
    FileState before = FileState.of(target);
    try (FileChannel channel =
        FileChannel.open(target, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      // Held until the channel is closed.
      FileLock lock = channel.lock();
      if (!lock.isValid() || !FileState.of(target).equals(before)) {
        return false;
      }
      before.requireKeptUnlessRoot(target);
      new AtomicFile().replaceGuarded(target, change.of(TokenLines.read(target)).text());
      return true;
    }
  }
}
