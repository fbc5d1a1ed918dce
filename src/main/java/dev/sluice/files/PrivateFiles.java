package dev.sluice.files;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Set;

/**
 * Makes files and folders that nobody but this user may enter, read or write (0600 and 0700),
 * whatever umask the process was given: the mode is part of the call that makes them. A file that
 * is already there keeps its mode. Where the file system has no such modes, they are those of the
 * folder around them.
 *
 * <p>Thread-safe; keeps nothing.
 */
public final class PrivateFiles {
  private static final boolean HAS_MODES =
      FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
  private static final Set<PosixFilePermission> FILE = PosixFilePermissions.fromString("rw-------");
  private static final Set<PosixFilePermission> FOLDER =
      PosixFilePermissions.fromString("rwx------");
  private static final int SECRET_BYTES = 16;

  private PrivateFiles() {}

  /** Makes the folder and every missing one above it. */
  public static void createDirectories(Path folder) throws IOException {
    Files.createDirectories(folder, mode(FOLDER));
  }

  /** Makes a folder that is not there yet, in one that is. */
  public static void createDirectory(Path folder) throws IOException {
    Files.createDirectory(folder, mode(FOLDER));
  }

  /** Makes an empty file that is not there yet. */
  public static void createFile(Path file) throws IOException {
    Files.createFile(file, mode(FILE));
  }

  /** Opens a file, as {@link FileChannel#open(Path, OpenOption...)} does. */
  public static FileChannel open(Path file, StandardOpenOption... options) throws IOException {
    return FileChannel.open(file, Set.of(options), mode(FILE));
  }

  /** Writes a file from its beginning; not buffered. */
  public static OutputStream newOutputStream(Path file) throws IOException {
    return Channels.newOutputStream(
        open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE));
  }

  /** Puts a new file with this text in the place of any that is there. */
  public static void write(Path file, String text) throws IOException {
    Files.deleteIfExists(file);
    try (OutputStream out = newOutputStream(file)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  /**
   * The secret kept in a file; on first use 128 random bits, in hexadecimal.
   *
   * @throws IOException if the file cannot be read or made, or is empty
   */
  public static String secret(Path file) throws IOException {
    if (!Files.exists(file)) {
      byte[] random = new byte[SECRET_BYTES];
      new SecureRandom().nextBytes(random);
      new AtomicFile().replace(file, HexFormat.of().formatHex(random) + "\n");
    }
    String secret = Files.readString(file).strip();
    if (secret.isEmpty()) {
      throw new IOException(file + " is empty: delete it, and the next start makes another");
    }
    return secret;
  }

  /** Whether others than this user may do anything with a file or folder. */
  public static boolean isOpenToOthers(Path path) throws IOException {
    return HAS_MODES && !FOLDER.containsAll(Files.getPosixFilePermissions(path));
  }

  /** Takes the rights of others, never this user's, from a file or folder that exists. */
  public static void closeToOthers(Path path) throws IOException {
    if (HAS_MODES) {
      Set<PosixFilePermission> rights = EnumSet.copyOf(FOLDER);
      rights.retainAll(Files.getPosixFilePermissions(path));
      Files.setPosixFilePermissions(path, rights);
    }
  }

  private static FileAttribute<?>[] mode(Set<PosixFilePermission> permissions) {
    return HAS_MODES
        ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(permissions)}
        : new FileAttribute<?>[0];
  }
}
