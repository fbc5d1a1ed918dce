package dev.sluice.ingest.http;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.xerial.snappy.Snappy;

/**
 * Decodes blocks of snappy. Thread-safe: it keeps nothing of a block.
 *
 * <p>The library unpacks native code into a file that it deletes when the process ends, but not if
 * that is killed; so the file is deleted as soon as it is loaded.
 */
final class SnappyBlocks {
  private static final String FOLDER = "org.xerial.snappy.tempdir";

  static {
    load();
  }

  private SnappyBlocks() {}

  /**
   * Length of a block once decoded, as it claims; no more than so many bytes can decode to.
   *
   * @throws IOException if it claims more than that
   */
  static int decodedLength(byte[] block, int at, int length) throws IOException {
    return Snappy.uncompressedLength(block, at, length);
  }

  /**
   * Decodes a block to the start of {@code into}, which has room for {@link #decodedLength}.
   *
   * @throws IOException if it is damaged
   */
  static void decode(byte[] block, int at, int length, byte[] into) throws IOException {
    Snappy.uncompress(block, at, length, into, 0);
  }

  private static void load() {
    if (System.getProperty(FOLDER) != null) {
      return;
    }
    try {
      Path folder = Files.createTempDirectory("sluice-snappy");
      System.setProperty(FOLDER, folder.toString());
      Snappy.maxCompressedLength(1);
      System.clearProperty(FOLDER);
      delete(folder);
    } catch (IOException e) {
      throw new UncheckedIOException("There is no room for snappy's native code", e);
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
