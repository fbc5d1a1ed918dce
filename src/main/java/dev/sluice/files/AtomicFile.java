package dev.sluice.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Objects;

/**
 * Replaces small files: the text is written beside its place, synced, renamed, and the directory
 * synced. A crash leaves the old text or the new one. One writer of a file at a time.
 */
public final class AtomicFile {
  /** What has been done of a replacement. */
  public enum Step {
    /** The new text is on disk, beside its place. */
    WRITTEN,
    /** The new text is in its place, but a power cut may still bring the old one back. */
    RENAMED,
    /** The new text is in its place for good. */
    SYNCED
  }

  /** Told after every step: the seam at which tests break a replacement off. */
  public interface Steps {
    void done(Step step) throws IOException;
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
   * @throws IOException when it may not be there for good; whether it is there, only the file tells
   */
  public void replace(Path file, String text) throws IOException {
    Path directory = Objects.requireNonNull(file.toAbsolutePath().getParent());
    Files.createDirectories(directory);
    Path next = directory.resolve(file.getFileName() + ".next");
    try (FileChannel channel =
        FileChannel.open(
            next,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    steps.done(Step.WRITTEN);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    steps.done(Step.RENAMED);
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
    steps.done(Step.SYNCED);
  }
}
