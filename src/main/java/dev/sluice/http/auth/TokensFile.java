package dev.sluice.http.auth;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The current content of the tokens file. The file is checked at most once a second, and read again
 * if it has changed. Thread-safe.
 *
 * <p>If a changed file cannot be read, the tokens stay as they were, and that is logged once.
 */
final class TokensFile {
  private static final Logger LOG = LoggerFactory.getLogger(TokensFile.class);
  private static final long LOOK_EVERY_NANOS = 1_000_000_000;

  /**
   * A file that changed less than this before it was read may change again without a new timestamp.
   */
  private static final Duration TIMESTAMP_GRAIN = Duration.ofSeconds(2);

  /** What distinguishes one version of the file from another. */
  private record Version(FileTime modified, long size, String key) {
    static final Version NONE = new Version(FileTime.fromMillis(0), -1, "");

    static Version of(Path file) throws IOException {
      BasicFileAttributes seen = Files.readAttributes(file, BasicFileAttributes.class);
      return new Version(seen.lastModifiedTime(), seen.size(), String.valueOf(seen.fileKey()));
    }
  }

  private final Path file;
  private final ReentrantLock looking = new ReentrantLock();
  private volatile Tokens tokens;
  private volatile long lookedNanos;
  private Version version;
  private FileTime readAt;

  /**
   * @throws IOException if the file cannot be read
   * @throws IllegalArgumentException if one of its lines is wrong
   */
  TokensFile(Path file) throws IOException {
    this.file = file;
    this.version = Version.of(file);
    this.readAt = FileTime.fromMillis(System.currentTimeMillis());
    this.lookedNanos = System.nanoTime();
    this.tokens = Tokens.read(file);
    warnIfOthersMayRead();
  }

  /** The tokens valid now; checks the file if the last check was a second ago or more. */
  Tokens tokens() {
    if (System.nanoTime() - lookedNanos >= LOOK_EVERY_NANOS && looking.tryLock()) {
      try {
        look();
      } finally {
        lookedNanos = System.nanoTime();
        looking.unlock();
      }
    }
    return tokens;
  }

  private void look() {
    Version seen = Version.NONE;
    try {
      seen = Version.of(file);
      if (seen.equals(version) && isSettled(seen)) {
        return;
      }
      FileTime now = FileTime.fromMillis(System.currentTimeMillis());
      Tokens read = Tokens.read(file);
      if (!seen.equals(version)) {
        LOG.info("Reloaded {}, which has changed; tokens now: {}", file, read.count());
      }
      tokens = read;
      readAt = now;
      version = seen;
    } catch (IOException | IllegalArgumentException e) {
      if (!seen.equals(version)) {
        LOG.error("The tokens in use are unchanged: {} cannot be loaded: {}", file, e.getMessage());
      }
      version = seen;
    }
  }

  private boolean isSettled(Version seen) {
    return readAt.toMillis() - seen.modified.toMillis() > TIMESTAMP_GRAIN.toMillis();
  }

  private void warnIfOthersMayRead() throws IOException {
    if (file.getFileSystem().supportedFileAttributeViews().contains("posix")
        && Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_READ)) {
      LOG.warn("Every user of this machine can read {}: run chmod 600 on it", file);
    }
  }
}
