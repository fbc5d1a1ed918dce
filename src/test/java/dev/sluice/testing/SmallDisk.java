package dev.sluice.testing;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A file system of its own, small enough to be filled: a tmpfs, which only root may mount. Confined
 * to one thread.
 */
public final class SmallDisk implements AutoCloseable {
  private static final byte[] BLOCK = new byte[64 * 1024];

  private final Path folder;
  private final Path filler;

  private SmallDisk(Path folder) {
    this.folder = folder;
    this.filler = folder.resolve("filler");
  }

  /** Mounts one in this folder; empty, and said loudly, where this user may not. */
  public static Optional<SmallDisk> mount(Path folder, int mebibytes) throws IOException {
    Files.createDirectories(folder);
    int exit = run("mount", "-t", "tmpfs", "-o", "size=" + mebibytes + "m", "sluice", folder + "");
    if (exit != 0) {
      System.out.println(
          "!! NOT RUN: no disk gets full, as mount ended with " + exit + ": run the test as root");
      return Optional.empty();
    }
    return Optional.of(new SmallDisk(folder));
  }

  public Path folder() {
    return folder;
  }

  /** Writes until nothing more fits. */
  public void fill() throws IOException {
    try (OutputStream out = Files.newOutputStream(filler)) {
      while (true) {
        out.write(BLOCK);
      }
    } catch (IOException full) {
      if (!String.valueOf(full.getMessage()).contains("No space left")) {
        throw full;
      }
    }
  }

  /** Takes away what {@link #fill} wrote. */
  public void free() throws IOException {
    Files.deleteIfExists(filler);
  }

  /** Unmounts it, and with it all that is there; whoever used it must have ended. */
  @Override
  public void close() {
    unmount(folder);
  }

  /** Unmounts what a test JVM that was killed has left below this folder. */
  static void unmountBelow(Path root) throws IOException {
    Path mounts = Path.of("/proc/self/mounts");
    if (!Files.exists(mounts)) {
      return;
    }
    List<Path> below =
        Files.readAllLines(mounts).stream()
            .map(line -> Path.of(line.split(" ", -1)[1]))
            .filter(mounted -> mounted.startsWith(root))
            .sorted(Comparator.reverseOrder())
            .toList();
    below.forEach(SmallDisk::unmount);
  }

  private static void unmount(Path folder) {
    int exit = run("umount", folder.toString());
    if (exit != 0) {
      throw new AssertionError("umount " + folder + " ended with " + exit);
    }
  }

  private static int run(String... words) {
    try {
      return new ProcessBuilder(words).inheritIO().start().waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
