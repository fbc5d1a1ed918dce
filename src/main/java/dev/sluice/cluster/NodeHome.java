package dev.sluice.cluster;

import dev.sluice.files.AtomicFile;
import dev.sluice.files.PrivateFiles;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;

/**
 * What a node keeps of itself in {@code <data.dir>/node}: a random home, by which the nodes of a
 * topic know it again after a restart, and the last term it led. Holds a lock of the operating
 * system on it, so whoever has the same home and comes later is the same node, started again. Used
 * by one thread at a time.
 */
public final class NodeHome implements AutoCloseable {
  private static final int HOME_BYTES = 8;
  private static final int SHORT = 4;
  private static final int MOST_HOST_NAME = 48;

  private final Path folder;
  private final FileChannel lock;
  private final String home;
  private final String id;

  private NodeHome(Path folder, FileChannel lock, String home, String id) {
    this.folder = folder;
    this.lock = lock;
    this.home = home;
    this.id = id;
  }

  /**
   * Makes the folder if there is none, and locks it.
   *
   * @param dataDirectory {@code data.dir}
   * @throws IOException if it cannot be written, or another process has it
   */
  public static NodeHome open(Path dataDirectory, NodeConfig config) throws IOException {
    Path folder = dataDirectory.resolve("node");
    PrivateFiles.createDirectories(folder);
    FileChannel lock =
        PrivateFiles.open(
            folder.resolve("LOCK"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      lock(lock, dataDirectory);
      String home = home(folder);
      return new NodeHome(folder, lock, home, id(home, config));
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /**
   * The id of the node whose data directory this is, whether it runs or not; empty if it has never
   * run. Changes nothing.
   *
   * @throws IOException if what it keeps of itself cannot be read
   */
  public static Optional<String> kept(Path dataDirectory, NodeConfig config) throws IOException {
    Path folder = dataDirectory.resolve("node");
    return Files.exists(folder.resolve("home"))
        ? Optional.of(id(home(folder), config))
        : Optional.empty();
  }

  private static String id(String home, NodeConfig config) {
    return config.id().orElseGet(() -> hostName() + "-" + home.substring(0, SHORT));
  }

  private static void lock(FileChannel channel, Path dataDirectory) throws IOException {
    try {
      if (channel.tryLock() != null) {
        return;
      }
    } catch (OverlappingFileLockException inThisProcess) {
      // Taken, like any other.
    }
    throw new IOException(
        "data.dir "
            + dataDirectory
            + " is in use by another Sluice: each node needs its own; stop that one, or set another"
            + " data.dir");
  }

  private static String home(Path folder) throws IOException {
    Path file = folder.resolve("home");
    if (Files.exists(file)) {
      String home = Files.readString(file, StandardCharsets.US_ASCII).strip();
      if (home.matches("[0-9a-f]{" + 2 * HOME_BYTES + "}")) {
        return home;
      }
      throw new IOException(
          file + " is damaged: delete it, and this node is taken for a new one once it starts");
    }
    byte[] random = new byte[HOME_BYTES];
    new SecureRandom().nextBytes(random);
    String home = HexFormat.of().formatHex(random);
    new AtomicFile().replace(file, home + "\n");
    return home;
  }

  /** As far as it can be part of an id. */
  private static String hostName() {
    try {
      String name = InetAddress.getLocalHost().getHostName().replaceAll("[^A-Za-z0-9._-]", "-");
      return name.substring(0, Math.min(name.length(), MOST_HOST_NAME));
    } catch (UnknownHostException e) {
      return "node";
    }
  }

  /** {@code node.id}, or the host's name and the beginning of the home. */
  public String id() {
    return id;
  }

  /** Random, and the same as long as the folder exists. */
  public String home() {
    return home;
  }

  /** Whether the term before this one was this node's too, or there was none. */
  public boolean ledBefore(long term) throws IOException {
    return lastTerm(folder.resolve("term")) == term - 1;
  }

  /**
   * This node leads in this term, and has forgotten what no longer holds.
   *
   * @throws IOException if it cannot be kept
   */
  public void leads(long term) throws IOException {
    new AtomicFile().replace(folder.resolve("term"), term + "\n");
  }

  private static long lastTerm(Path file) throws IOException {
    if (!Files.exists(file)) {
      return 0;
    }
    try {
      return Long.parseLong(Files.readString(file, StandardCharsets.US_ASCII).strip());
    } catch (NumberFormatException e) {
      return -1; // damaged: as if others had led
    }
  }

  /** Lets go of the folder. */
  @Override
  public void close() throws IOException {
    lock.close();
  }
}
