package dev.sluice.ingest.http;

import dev.sluice.ingest.Claim;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xerial.snappy.Snappy;
import org.xerial.snappy.SnappyError;

/**
 * Decodes blocks of snappy. Thread-safe: it keeps nothing of a block.
 *
 * <p>The library unpacks native code into a file that it deletes when the process ends, but not if
 * that is killed; so the file is deleted as soon as it is loaded.
 */
final class SnappyBlocks {
  private static final String FOLDER = "org.xerial.snappy.tempdir";

  private static final Logger LOG = LoggerFactory.getLogger(SnappyBlocks.class);
  private static final int TRY_AGAIN_SECONDS = 30;
  private static final ReentrantLock LOADING = new ReentrantLock();
  private static volatile boolean loaded;

  private SnappyBlocks() {}

  /**
   * Length of a block once decoded, as it claims; no more than so many bytes can decode to.
   *
   * @throws IOException if it claims more than that
   * @throws Claim.NoRoomException if there is no room for the library's native code
   */
  static int decodedLength(byte[] block, int at, int length) throws IOException {
    load();
    return Snappy.uncompressedLength(block, at, length);
  }

  /**
   * Decodes a block to the start of {@code into}, which has room for {@link #decodedLength}, asked
   * for before.
   *
   * @throws IOException if it is damaged
   */
  static void decode(byte[] block, int at, int length, byte[] into) throws IOException {
    Snappy.uncompress(block, at, length, into, 0);
  }

  private static void load() {
    if (loaded) {
      return;
    }
    LOADING.lock();
    try {
      if (!loaded) {
        unpack();
        loaded = true;
      }
    } catch (IOException | LinkageError | SnappyError e) {
      LOG.error(
          "Bodies in snappy are answered 503: the native code that decodes them could not be unpacked"
              + " and loaded in {}; make room there and restart Sluice, or name another folder by"
              + " -Djava.io.tmpdir",
          System.getProperty("java.io.tmpdir"),
          e);
      throw new Claim.NoRoomException(
          "snappy cannot be decoded now: there is no room for its native code; Sluice's log says where",
          TRY_AGAIN_SECONDS);
    } finally {
      LOADING.unlock();
    }
  }

  private static void unpack() throws IOException {
    if (System.getProperty(FOLDER) != null) {
      return;
    }
    Path folder = Files.createTempDirectory("sluice-snappy");
    System.setProperty(FOLDER, folder.toString());
    try {
      Snappy.maxCompressedLength(1);
    } finally {
      System.clearProperty(FOLDER);
      delete(folder);
    }
  }

  private static void delete(Path folder) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.list(folder)) {
      files = all.toList();
    }
    for (Path file : files) {
      Files.delete(file);
    }
    Files.delete(folder);
  }
}
