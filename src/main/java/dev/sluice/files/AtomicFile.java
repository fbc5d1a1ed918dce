package dev.sluice.files;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Set;

/**
 * Replaces whole files: the content is written beside its place, synced, renamed, and the directory
 * synced. A crash leaves the old content or the new one. One writer of a file at a time.
 */
public final class AtomicFile {
  private static final Set<PosixFilePermission> OWNERS =
      PosixFilePermissions.fromString("rw-------");
  private static final Set<PosixFilePermission> OWNERS_AND_READ_BY_GROUP =
      PosixFilePermissions.fromString("rw-r-----");

  /** What has been done of a replacement. */
  public enum Step {
    /** The new content is on disk, beside its place. */
    WRITTEN,
    /** The new content is in its place, but a power cut may still bring the old one back. */
    RENAMED,
    /** The new content is in its place, and survives a power cut. */
    SYNCED
  }

  /** Told after every step: the seam at which tests break a replacement off. */
  public interface Steps {
    void done(Step step) throws IOException;
  }

  /** What a file is to hold. */
  public interface Content {
    /** Writes all of it; the caller buffers and flushes. */
    void writeTo(OutputStream out) throws IOException;
  }

  private final Steps steps;

  public AtomicFile() {
    this(step -> {});
  }

  public AtomicFile(Steps steps) {
    this.steps = steps;
  }

  /**
   * Puts the text in the file's place, creating missing directories.
   *
   * @throws IOException when it may not survive a power cut; whether it is there, only the file
   *     tells
   */
  public void replace(Path file, String text) throws IOException {
    replace(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** Like {@link #replace(Path, String)}, for content too large to be held in memory. */
  public void replace(Path file, Content content) throws IOException {
    Path directory = directory(file);
    PrivateFiles.createDirectories(directory);
    Path next = directory.resolve(file.getFileName() + ".next");
    try (FileChannel channel =
        PrivateFiles.open(
            next,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel));
      content.writeTo(out);
      out.flush();
      channel.force(true);
    }
    steps.done(Step.WRITTEN);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    steps.done(Step.RENAMED);
    syncDirectory(file);
    steps.done(Step.SYNCED);
  }

  /**
   * Like {@link #replace(Path, String)}, for a file that nobody but its owner may change. A new
   * file has mode 0600; one that is there keeps its owner, its group, and the group's right to read
   * it. None of it is ever open to others, not even while it is written.
   *
   * @throws IOException also if this user may not give the file to the owner it had
   */
  public void replaceGuarded(Path file, String text) throws IOException {
    Path directory = directory(file);
    PrivateFiles.createDirectories(directory);
    Path next = directory.resolve(file.getFileName() + ".next");
    Files.deleteIfExists(next);
    if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Files.createFile(next, PosixFilePermissions.asFileAttribute(OWNERS));
      if (Files.exists(file)) {
        keepRights(Files.readAttributes(file, PosixFileAttributes.class), next);
      }
    }
    // It writes into the file that is there, which keeps its mode and owner.
    replace(file, text);
  }

  private static void keepRights(PosixFileAttributes of, Path next) throws IOException {
    PosixFileAttributeView view = Files.getFileAttributeView(next, PosixFileAttributeView.class);
    PosixFileAttributes now = view.readAttributes();
    if (!now.owner().equals(of.owner())) {
      view.setOwner(of.owner());
    }
    if (of.permissions().contains(PosixFilePermission.GROUP_READ)) {
      if (!now.group().equals(of.group())) {
        view.setGroup(of.group());
      }
      view.setPermissions(OWNERS_AND_READ_BY_GROUP);
    }
  }

  /** Brings to disk that the file is, or is not, in its directory. */
  public static void syncDirectory(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(directory(file), StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  static Path directory(Path file) {
    return Objects.requireNonNull(file.toAbsolutePath().getParent());
  }
}
